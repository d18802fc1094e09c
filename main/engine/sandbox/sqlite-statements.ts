import type { Database } from 'better-sqlite3';
import type { Duplicate } from './deduplication.ts';
import type { MessageAttribute, MessageContent, QueuedMessage } from './message.ts';
import { ServiceError } from './service-error.ts';
import type { StoredQueue } from './storage.ts';

interface QueueRow {
  id: number;
  name: string;
  attributes: string;
  created_at: number;
  modified_at: number;
}

interface MessageRow {
  seq: number;
  message_id: string;
  group_id: string | null;
  dedup_id: string | null;
  sent_at: number;
  bytes: number;
  due_at: number;
  receive_count: number;
  first_received_at: number | null;
  dead_letter_source: string | null;
}

interface ContentRow {
  body: string;
  attributes: string | null;
  trace_header: string | null;
}

/** A loaded message is hidden until its due time, which may have passed. */
function toMessage(row: MessageRow): QueuedMessage {
  return {
    seq: row.seq,
    messageId: row.message_id,
    groupId: row.group_id,
    dedupId: row.dedup_id,
    sentAtMs: row.sent_at,
    bytes: row.bytes,
    state: row.receive_count === 0 ? 'delayed' : 'inflight',
    dueAtMs: row.due_at,
    receiveCount: row.receive_count,
    firstReceivedAtMs: row.first_received_at,
    deadLetterSource: row.dead_letter_source,
  };
}

/** The statements of the sandbox file, prepared once, as functions over the sandbox's own types. */
export function sqliteStatements(db: Database) {
  const server = db.prepare<[], { next_seq: number; port: number }>('SELECT next_seq, port FROM server');
  const setNextSeq = db.prepare<[number]>('UPDATE server SET next_seq = ?');
  const setPort = db.prepare<[number]>('UPDATE server SET port = ?');
  const allQueues = db.prepare<[], QueueRow>('SELECT * FROM queue ORDER BY id');
  const putQueue = db.prepare(
    `INSERT INTO queue (id, name, attributes, created_at, modified_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET attributes = excluded.attributes, modified_at = excluded.modified_at`,
  );
  const dropQueue = db.prepare<[number]>('DELETE FROM queue WHERE id = ?');
  const dropDuplicates = db.prepare<[number]>('DELETE FROM duplicate WHERE queue_id = ?');
  const messagesOf = db.prepare<[number], MessageRow>(
    `SELECT seq, message_id, group_id, dedup_id, sent_at, bytes, due_at, receive_count, first_received_at,
       dead_letter_source FROM message WHERE queue_id = ? ORDER BY seq`,
  );
  const duplicatesOf = db.prepare<
    [number],
    { key: string; message_id: string; seq: number; expires_at: number }
  >('SELECT key, message_id, seq, expires_at FROM duplicate WHERE queue_id = ? ORDER BY expires_at, seq');
  const contentOf = db.prepare<[number], ContentRow>(
    'SELECT body, attributes, trace_header FROM message WHERE seq = ?',
  );
  const insertMessage = db.prepare(
    `INSERT INTO message (seq, queue_id, message_id, group_id, dedup_id, sent_at, bytes, due_at, receive_count, body,
       attributes, trace_header) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)`,
  );
  const setDelivery = db.prepare(
    'UPDATE message SET due_at = ?, receive_count = ?, first_received_at = ? WHERE seq = ?',
  );
  const moveMessage = db.prepare(
    `UPDATE message SET seq = ?, queue_id = ?, message_id = ?, sent_at = ?, due_at = ?, receive_count = ?,
       first_received_at = ?, dead_letter_source = ? WHERE seq = ?`,
  );
  const deleteMessage = db.prepare<[number]>('DELETE FROM message WHERE seq = ?');
  const deleteMessages = db.prepare<[number]>('DELETE FROM message WHERE queue_id = ?');
  const putDuplicate = db.prepare(
    'INSERT OR REPLACE INTO duplicate (queue_id, key, message_id, seq, expires_at) VALUES (?, ?, ?, ?, ?)',
  );
  const forgetDuplicates = db.prepare<[number]>('DELETE FROM duplicate WHERE expires_at <= ?');

  return {
    nextSeq: (): number => server.get()?.next_seq ?? 1,
    saveNextSeq: (next: number): void => {
      setNextSeq.run(next);
    },
    port: (): number => server.get()?.port ?? 0,
    savePort: (port: number): void => {
      setPort.run(port);
    },
    queues: (): StoredQueue[] =>
      allQueues.all().map((row) => ({
        id: row.id,
        name: row.name,
        attributes: JSON.parse(row.attributes) as Record<string, string>,
        createdAtMs: row.created_at,
        modifiedAtMs: row.modified_at,
      })),
    saveQueue: (queue: StoredQueue): void => {
      putQueue.run(
        queue.id,
        queue.name,
        JSON.stringify(queue.attributes),
        queue.createdAtMs,
        queue.modifiedAtMs,
      );
    },
    removeQueue: (queueId: number): void => {
      dropDuplicates.run(queueId);
      dropQueue.run(queueId);
    },
    *messages(queueId: number): Generator<QueuedMessage> {
      for (const row of messagesOf.iterate(queueId)) {
        yield toMessage(row);
      }
    },
    *duplicates(queueId: number): Generator<readonly [string, Duplicate]> {
      for (const row of duplicatesOf.iterate(queueId)) {
        yield [row.key, { messageId: row.message_id, seq: row.seq, expiresAtMs: row.expires_at }];
      }
    },
    content: (seq: number): MessageContent => {
      const row = contentOf.get(seq);
      if (row === undefined) {
        throw new ServiceError('InternalError', 'The message has no content.');
      }
      const attributes = row.attributes === null ? [] : (JSON.parse(row.attributes) as MessageAttribute[]);
      return { body: row.body, attributes, traceHeader: row.trace_header };
    },
    insert: (queueId: number, message: QueuedMessage, content: MessageContent): void => {
      const attributes = content.attributes.length === 0 ? null : JSON.stringify(content.attributes);
      insertMessage.run(
        message.seq,
        queueId,
        message.messageId,
        message.groupId,
        message.dedupId,
        message.sentAtMs,
        message.bytes,
        message.dueAtMs,
        content.body,
        attributes,
        content.traceHeader,
      );
    },
    updateDelivery: (message: QueuedMessage): void => {
      setDelivery.run(message.dueAtMs, message.receiveCount, message.firstReceivedAtMs, message.seq);
    },
    move: (fromSeq: number, message: QueuedMessage, queueId: number): void => {
      moveMessage.run(
        message.seq,
        queueId,
        message.messageId,
        message.sentAtMs,
        message.dueAtMs,
        message.receiveCount,
        message.firstReceivedAtMs,
        message.deadLetterSource,
        fromSeq,
      );
    },
    remove: (seq: number): void => {
      deleteMessage.run(seq);
    },
    removeMessages: (queueId: number): void => {
      deleteMessages.run(queueId);
    },
    saveDuplicate: (queueId: number, key: string, duplicate: Duplicate, nowMs: number): void => {
      forgetDuplicates.run(nowMs);
      putDuplicate.run(queueId, key, duplicate.messageId, duplicate.seq, duplicate.expiresAtMs);
    },
  };
}
