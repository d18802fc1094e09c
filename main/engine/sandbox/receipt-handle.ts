import type { QueuedMessage } from './message.ts';
import type { QueueState } from './queue-state.ts';
import { ServiceError } from './service-error.ts';

export interface Receipt {
  seq: number;
  /** Which delivery of the message the handle belongs to. */
  receiveCount: number;
  messageIdStart: string;
}

const ID_START = 8;
const FORMAT = /^segue:(\d+):(\d+):(\d+):([0-9a-f]{8})$/;

/** The receipt handle of the latest delivery of a message. */
export function receiptHandle(queue: QueueState, message: QueuedMessage): string {
  const start = message.messageId.slice(0, ID_START);
  return Buffer.from(`segue:${queue.id}:${message.seq}:${message.receiveCount}:${start}`).toString('base64');
}

/** Reads a receipt handle of this queue. Throws ReceiptHandleIsInvalid. */
export function parseReceiptHandle(queue: QueueState, handle: string): Receipt {
  const match = handle.length > 200 ? null : FORMAT.exec(Buffer.from(handle, 'base64').toString('latin1'));
  if (match === null || Number(match[1]) !== queue.id) {
    throw new ServiceError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
  }
  return { seq: Number(match[2]), receiveCount: Number(match[3]), messageIdStart: match[4] ?? '' };
}
