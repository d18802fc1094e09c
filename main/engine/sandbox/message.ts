/** One message attribute as stored: `value` is text, or base64 when `binary`. */
export interface MessageAttribute {
  name: string;
  dataType: string;
  value: string;
  binary: boolean;
}

/** The part of a message that only its reader needs; durable storage keeps it out of memory. */
export interface MessageContent {
  body: string;
  attributes: readonly MessageAttribute[];
  /** The system attribute AWSTraceHeader. */
  traceHeader: string | null;
}

/** `gone` is deleted, expired or moved: structures that still hold the record skip it. */
export type DeliveryState = 'ready' | 'delayed' | 'inflight' | 'gone';

/** The part of a message that the queue works with. Mutable: one record lives as long as its message is in the queue. */
export interface QueuedMessage {
  /** Position in its queue, ascending over the whole sandbox. A message that moves to another queue gets a new record. */
  readonly seq: number;
  readonly messageId: string;
  readonly groupId: string | null;
  readonly dedupId: string | null;
  readonly sentAtMs: number;
  /** Body and attributes in UTF-8 bytes. */
  readonly bytes: number;
  state: DeliveryState;
  /** When a delayed or in-flight message becomes visible. */
  dueAtMs: number;
  receiveCount: number;
  firstReceivedAtMs: number | null;
  /** ARN of the queue from which it came to this dead-letter queue. */
  readonly deadLetterSource: string | null;
}

/** What a sender asks for, checked and normalised. */
export interface Submission {
  content: MessageContent;
  bytes: number;
  delaySeconds: number | undefined;
  groupId: string | null;
  dedupId: string | null;
  md5OfBody: string;
  /** Over the attributes as sent: normalised numbers change what a receiver gets, not what the sender is told. */
  md5OfAttributes: string | null;
  md5OfSystemAttributes: string | null;
}
