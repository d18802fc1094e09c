import type { CaptureResult } from '../../../preload/contract/capture.ts';
import type { CallContext } from '../context.ts';
import type { ReceiveClient, ReceivedMessage } from '../queue/receive-client.ts';
import type { ArchiveFile } from './archive-file.ts';
import { archiveLine } from './archive-line.ts';

export interface CaptureSettings {
  readonly mode: CaptureResult['mode'];
  readonly max: number | null;
  readonly seconds: number;
  readonly waitSeconds: number;
}

type Outcome = Pick<CaptureResult, 'captured' | 'deleted' | 'notDeleted' | 'returned' | 'ended'>;

const BATCH = 10;
/** Longest that SQS hides a message. */
const MAX_VISIBILITY_SECONDS = 43_200;
/** Beyond the time of a capture, so that nothing comes back while it goes on. */
const SPARE_SECONDS = 30;

/**
 * Receives until the queue gives nothing for `waitSeconds`, `max` messages are there or the time is over. A drain deletes
 * a message only after its line is on the disk, so that whatever happens it is in the queue, in the file or in both. A
 * peek hides each message while it goes on and makes it visible again at its end; the queue's receive counts rise, which a
 * redrive policy counts.
 */
export async function capture(
  client: ReceiveClient,
  archive: ArchiveFile,
  settings: CaptureSettings,
  { signal, progress }: Pick<CallContext, 'signal' | 'progress'>,
): Promise<Outcome> {
  const { mode, max, seconds } = settings;
  const startedMs = performance.now();
  const left = () => seconds - (performance.now() - startedMs) / 1000;
  // Written and still in the queue: a message that comes again is not written again.
  const known = new Set<string>();
  const held: string[] = [];
  let captured = 0;
  let deleted = 0;

  const take = async (received: readonly ReceivedMessage[]) => {
    const fresh = received.filter(({ message }) => !known.has(message.MessageId ?? ''));
    for (const { message } of fresh) known.add(message.MessageId ?? '');
    if (fresh.length > 0) await archive.append(fresh.map(({ message }) => archiveLine(message)).join(''));
    captured += fresh.length;
    if (mode === 'peek') {
      held.push(...received.map(({ handle }) => handle));
      return;
    }
    const failed = new Set(await client.remove(received.map(({ handle }) => handle)));
    for (const { handle, message } of received) {
      if (!failed.has(handle) && known.delete(message.MessageId ?? '')) deleted += 1;
    }
  };

  const receiveAll = async (): Promise<CaptureResult['ended']> => {
    for (;;) {
      if (signal.aborted) return 'cancelled';
      if (max !== null && captured >= max) return 'max';
      if (left() <= 0) return 'time';
      const { messages, limited } = await client.receive({
        max: max === null ? BATCH : Math.min(BATCH, max - captured),
        waitSeconds: Math.max(0, Math.min(settings.waitSeconds, Math.floor(left()))),
        visibilitySeconds: Math.min(MAX_VISIBILITY_SECONDS, Math.ceil(left()) + SPARE_SECONDS),
        signal,
      });
      if (limited) return 'in_flight_limit';
      if (messages.length === 0) return signal.aborted ? 'cancelled' : 'empty';
      await take(messages);
      progress({
        phase: mode === 'peek' ? 'peeking' : 'draining',
        done: captured,
        total: max,
        unit: 'messages',
        rows: captured,
        perSecond: captured / ((performance.now() - startedMs) / 1000),
        secondsLeft: null,
      });
    }
  };

  let returned = 0;
  let ended: CaptureResult['ended'];
  try {
    ended = await receiveAll();
  } finally {
    returned = await letAllGo(client, held);
  }
  const notDeleted = mode === 'drain' ? captured - deleted : 0;
  return { captured, deleted, notDeleted, returned, ended };
}

/** What cannot be let go comes back by itself when its visibility timeout ends. */
async function letAllGo(client: ReceiveClient, handles: readonly string[]): Promise<number> {
  let returned = 0;
  for (let from = 0; from < handles.length; from += BATCH) {
    const page = handles.slice(from, from + BATCH);
    const failed = await client.letGo(page).catch(() => page);
    returned += page.length - failed.length;
  }
  return returned;
}
