import type { DomainHandlers, EngineContext } from '../context.ts';
import { formatInstant, instantOfMs } from '../core/instant.ts';
import { readArchivedMessage } from '../history/archived.ts';
import { keyFieldOf } from '../profile/key-field.ts';
import { parseFaultSpec } from './fault-spec.ts';
import type { MessageRow } from './queue-view.ts';

const STATES = { ready: 'visible', delayed: 'delayed', inflight: 'in_flight' } as const;

/** What a list shows of a body. */
const EXCERPT_CHARACTERS = 1000;
/** Longest body that a list reads the trigger of; a page of the longest ones would take seconds. */
const MAX_READ_CHARACTERS = 65_536;

function toRow(row: MessageRow, keyField: string) {
  return {
    messageId: row.messageId,
    sentAt: formatInstant(instantOfMs(row.sentAt)),
    bytes: row.bytes,
    excerpt: excerptOf(row.body),
    trigger: triggerOf(row.body, keyField),
    state: STATES[row.state],
    receiveCount: row.receiveCount,
  };
}

/** The first characters of a text, never half a surrogate pair. */
function excerptOf(text: string): string {
  const cut = text.slice(0, EXCERPT_CHARACTERS);
  return text.length <= EXCERPT_CHARACTERS || cut.isWellFormed() ? cut : cut.slice(0, -1);
}

/** Whom and what a body tells of; null where it is no trigger message. */
function triggerOf(body: string, keyField: string) {
  if (body.length > MAX_READ_CHARACTERS) return null;
  const message = readArchivedMessage(body, keyField);
  if ('reason' in message) return null;
  const events = message.events.map(({ audience, event }) => ({ audience: audience.slug, event }));
  return { userId: message.userId, events };
}

/** Answers `sandbox.*`: the embedded sandbox queue as the window shows it. */
export function createSandboxHandlers({
  sandbox,
  store,
}: Pick<EngineContext, 'sandbox' | 'store'>): DomainHandlers<'sandbox'> {
  let faults: string | null = null;

  return {
    status: async () => {
      const { endpoint, queues } = await sandbox();
      return {
        endpoint,
        queues: queues().map(({ name, url, fifo, visible, inFlight, delayed, arrived }) => ({
          name,
          url,
          fifo,
          visible,
          inFlight,
          delayed,
          received: arrived,
        })),
        faults,
      };
    },
    createQueue: async ({ name }) => {
      const attributes: Record<string, string> = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
      return { url: await (await sandbox()).createQueue(name, attributes) };
    },
    messages: async ({ queue, cursor, limit }) => {
      const afterSeq = cursor !== null && /^\d{1,15}$/.test(cursor) ? Number(cursor) : 0;
      const { rows, nextAfterSeq } = (await sandbox()).messages(queue, { limit, afterSeq });
      const keyField = keyFieldOf(store.db);
      return {
        rows: rows.map((row) => toRow(row, keyField)),
        next: nextAfterSeq === null ? null : String(nextAfterSeq),
      };
    },
    message: async ({ queue, messageId }) => {
      const detail = (await sandbox()).message(queue, messageId);
      return {
        ...toRow(detail, keyFieldOf(store.db)),
        body: detail.body,
        attributes: detail.attributes.map(({ name, dataType, value }) => ({ name, type: dataType, value })),
      };
    },
    deleteMessage: async ({ queue, messageId }) => {
      await (await sandbox()).deleteMessage(queue, messageId);
      return { deleted: true };
    },
    purge: async ({ queue }) => ({ purged: await (await sandbox()).purge(queue) }),
    redrive: async ({ queue, to }) => ({ moved: await (await sandbox()).redrive(queue, to ?? undefined) }),
    setFaults: async ({ spec }) => {
      const text = spec?.trim() ? spec.trim() : null;
      (await sandbox()).setFaults(parseFaultSpec(text ?? ''));
      faults = text;
      return { faults };
    },
  };
}
