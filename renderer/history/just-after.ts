const NANOS = 1_000_000_000;

/** The instant one nanosecond later, as the end of a period that holds just this instant; RFC 3339 in, RFC 3339 in UTC out. */
export function justAfter(instant: string): string {
  const [, decimals = ''] = /\.(\d{1,9})/.exec(instant) ?? [];
  const nanos = Number(decimals.padEnd(9, '0')) + 1;
  const wholeMs = Date.parse(instant.replace(/\.\d+/, ''));
  const second = new Date(wholeMs + (nanos === NANOS ? 1000 : 0)).toISOString().slice(0, 19);
  return `${second}.${String(nanos % NANOS).padStart(9, '0')}Z`;
}
