import { z } from 'zod';
import { call } from './call.ts';
import { messageAttribute } from './message.ts';
import { cursor, eventKind, pageLimit, pageOf } from './values.ts';

export const sandboxQueue = z.object({
  name: z.string(),
  url: z.string(),
  fifo: z.boolean(),
  visible: z.int(),
  inFlight: z.int(),
  delayed: z.int(),
  received: z.int(),
});

export const sandboxMessageRow = z.object({
  messageId: z.string(),
  sentAt: z.string(),
  bytes: z.int(),
  excerpt: z.string(),
  /** Whom and what it tells of; null where it is no trigger message, or a very long one. */
  trigger: z
    .object({ userId: z.string(), events: z.array(z.object({ audience: z.string(), event: eventKind })) })
    .nullable(),
  state: z.enum(['visible', 'in_flight', 'delayed']),
  receiveCount: z.int(),
});

const queueRef = z.object({ queue: z.string().min(1) });

export const sandboxCalls = {
  status: call(
    z.object({}),
    z.object({ endpoint: z.string(), queues: z.array(sandboxQueue), faults: z.string().nullable() }),
  ),
  createQueue: call(z.object({ name: z.string().min(1) }), z.object({ url: z.string() })),
  messages: call(queueRef.extend({ cursor, limit: pageLimit }), pageOf(sandboxMessageRow)),
  message: call(
    queueRef.extend({ messageId: z.string() }),
    sandboxMessageRow.extend({ body: z.string(), attributes: z.array(messageAttribute) }),
  ),
  deleteMessage: call(queueRef.extend({ messageId: z.string() }), z.object({ deleted: z.boolean() })),
  purge: call(queueRef, z.object({ purged: z.int() })),
  redrive: call(queueRef.extend({ to: z.string().min(1).nullable() }), z.object({ moved: z.int() })),
  /** Fault injection as the command line's `--faults`; null or an empty text turns it off. */
  setFaults: call(z.object({ spec: z.string().nullable() }), z.object({ faults: z.string().nullable() })),
};
