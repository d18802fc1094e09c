/** The faults of the dialog by their names in a specification, in the order of a request's life. */
export const faultKinds = [
  { name: 'throttle', title: 'Throttled', about: 'Answered RequestThrottled, nothing is stored.' },
  { name: 'error', title: 'Server error before', about: 'Answered 500 or 503, nothing is stored.' },
  { name: 'error-after', title: 'Server error after', about: 'Carried out, then answered 500.' },
  {
    name: 'partial',
    title: 'Entry fails, queue at fault',
    about: 'Share of the entries of a batch; sent again.',
  },
  { name: 'partial-sender', title: 'Entry refused', about: 'Share of the entries of a batch; parked.' },
  { name: 'drop', title: 'Reply lost', about: 'Carried out, then the connection is closed.' },
  { name: 'reset', title: 'Connection reset', about: 'Closed before the request is carried out.' },
  { name: 'md5', title: 'Wrong MD5', about: 'Carried out, the reply names a wrong checksum.' },
] as const;

export type FaultName = (typeof faultKinds)[number]['name'];

/** Faults as they are typed: shares in percent; `rest` holds the parts that the dialog has no field for. */
export interface FaultForm {
  readonly percent: Readonly<Partial<Record<FaultName, string>>>;
  readonly delay: string;
  readonly rest: readonly string[];
}

/** A specification such as `throttle=0.1,delay=50ms` as the dialog shows it. */
export function readFaults(spec: string | null): FaultForm {
  const percent: Partial<Record<FaultName, string>> = {};
  const rest: string[] = [];
  let delay = '';
  for (const part of (spec ?? '').split(',').map((text) => text.trim())) {
    const [name = '', value = ''] = part.split('=', 2);
    const kind = faultKinds.find((candidate) => candidate.name === name);
    if (kind !== undefined) percent[kind.name] = String(Number((Number(value) * 100).toFixed(4)));
    else if (name === 'delay') delay = value;
    else if (part !== '') rest.push(part);
  }
  return { percent, delay, rest };
}

/** The specification of a form; null when nothing is to fail, and the fields whose percentage cannot be read. */
export function writeFaults({ percent, delay, rest }: FaultForm): {
  spec: string | null;
  wrong: FaultName[];
} {
  const filled = faultKinds.flatMap(({ name }) => {
    const text = percent[name]?.trim() ?? '';
    return text === '' || Number(text) === 0 ? [] : [{ name, share: Number(text) / 100 }];
  });
  const wrong = filled.filter(({ share }) => !(share > 0 && share <= 1)).map(({ name }) => name);
  const parts = filled.map(({ name, share }) => `${name}=${Number(share.toFixed(6))}`);
  if (delay.trim() !== '') parts.push(`delay=${delay.trim()}`);
  // A seed or a target alone makes nothing fail.
  return { spec: parts.length === 0 ? null : [...parts, ...rest].join(','), wrong };
}
