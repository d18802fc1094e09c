import type { z } from 'zod';
import { type CaptureMode, type CaptureResult, captureCalls } from '../../preload/contract/capture.ts';
import { count, plural } from '../ui/format.ts';

/** A capture as it is typed and chosen; numbers are text until they are read. */
export interface CaptureForm {
  /** The workflow whose keys and region are used; empty for a queue that needs none. */
  readonly workflow: string;
  readonly queue: string;
  readonly mode: CaptureMode;
  readonly out: string;
  readonly max: string;
  readonly seconds: string;
  /** Read the archive into the history when the capture is done. */
  readonly intoHistory: boolean;
}

/** Peeking, since it takes nothing away. */
export const emptyCapture: CaptureForm = {
  workflow: '',
  queue: '',
  mode: 'peek',
  out: '',
  max: '',
  seconds: '60',
  intoHistory: false,
};

export type CaptureErrors = Partial<Record<'queue' | 'out' | 'max' | 'seconds', string>>;
type CaptureRequest = z.input<(typeof captureCalls)['run']['input']>;

const reasons: Required<CaptureErrors> = {
  queue: 'A queue URL, sandbox:NAME, or a workflow',
  out: 'A file that does not exist yet',
  max: 'A whole number from 1 to 100000, or nothing for no maximum',
  seconds: 'A number above 0 and at most 36000',
};

/** The request that a form stands for, checked by the contract's own schema, or the errors by field. */
export function readCapture(form: CaptureForm): { request: CaptureRequest } | { errors: CaptureErrors } {
  const queue = form.queue.trim();
  const errors: CaptureErrors = {};
  if (queue === '' && form.workflow === '') errors.queue = reasons.queue;
  const request = {
    mode: form.mode,
    out: form.out.trim(),
    max: form.max.trim() === '' ? null : Number(form.max),
    seconds: Number(form.seconds),
    ...(queue === '' ? {} : { queue }),
    ...(form.workflow === '' ? {} : { workflow: form.workflow }),
  };
  for (const { path } of captureCalls.run.input.safeParse(request).error?.issues ?? []) {
    const field = path[0];
    if (field === 'queue' || field === 'out' || field === 'max' || field === 'seconds') {
      errors[field] = reasons[field];
    }
  }
  return Object.keys(errors).length > 0 ? { errors } : { request };
}

const endWords: Record<CaptureResult['ended'], string> = {
  empty: 'The queue gave no more.',
  max: 'As many as asked for.',
  time: 'The time was over.',
  cancelled: 'It was cancelled.',
  in_flight_limit: 'The queue gives no more while so many messages are in flight.',
};

/** What a capture did, the mode in every case: lines for its summary. */
export function captureLines({
  mode,
  captured,
  deleted,
  notDeleted,
  returned,
  ended,
}: CaptureResult): string[] {
  if (mode === 'drain') {
    return [
      `${plural(captured, 'message')} drained: ${count(deleted)} deleted from the queue`,
      ...(notDeleted === 0 ? [] : [`${count(notDeleted)} could not be deleted and come again`]),
      endWords[ended],
    ];
  }
  return [
    `${plural(captured, 'message')} peeked: all are still in the queue, ${count(returned)} visible again at once`,
    endWords[ended],
  ];
}
