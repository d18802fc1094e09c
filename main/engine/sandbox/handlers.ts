import type { DomainHandlers, EngineContext } from '../context.ts';
import { formatInstant, instantOfMs } from '../core/instant.ts';
import { parseFaultSpec } from './fault-spec.ts';
import { clip, type MessageRow } from './queue-view.ts';

const STATES = { ready: 'visible', delayed: 'delayed', inflight: 'in_flight' } as const;

function toRow(row: MessageRow) {
  return {
    messageId: row.messageId,
    sentAt: formatInstant(instantOfMs(row.sentAt)),
    bytes: row.bytes,
    excerpt: row.body,
    state: STATES[row.state],
    receiveCount: row.receiveCount,
  };
}

/** Answers `sandbox.*`: the embedded sandbox queue as the window shows it. */
export function createSandboxHandlers({
  sandbox,
}: Pick<EngineContext, 'sandbox'>): DomainHandlers<'sandbox'> {
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
      return { rows: rows.map(toRow), next: nextAfterSeq === null ? null : String(nextAfterSeq) };
    },
    message: async ({ queue, messageId }) => {
      const detail = (await sandbox()).message(queue, messageId);
      return {
        ...toRow({ ...detail, body: clip(detail.body) }),
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
