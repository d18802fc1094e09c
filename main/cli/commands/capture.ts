import type { Command } from 'commander';
import type { CaptureResult } from '../../../preload/contract/capture.ts';
import type { ImportResult } from '../../../preload/contract/profile.ts';
import type { Credentials } from '../../engine/context.ts';
import { count } from '../../engine/core/count.ts';
import { SegueError } from '../../engine/core/errors.ts';
import { parseCredentialSource } from '../../keychain/credential-source.ts';
import { openKeychain } from '../../keychain/keychain.ts';
import { resolveCredentials } from '../../keychain/resolve-credentials.ts';
import { archiveLines } from '../import-lines.ts';
import { given, positiveInteger, positiveNumber } from '../options.ts';
import { answer, EXIT } from '../output.ts';
import { credentialsFor, type Session, withSession } from '../session.ts';

interface CaptureOptions {
  queue?: string;
  workflow?: string;
  region?: string;
  peek: boolean;
  drain: boolean;
  out: string;
  max?: number;
  seconds?: number;
  wait?: number;
  intoHistory: boolean;
  confirm?: string;
  trustHost?: string;
}

/** `capture`: messages of a queue, a dead-letter queue mostly, into an archive file. */
export function addCaptureCommands(program: Command): void {
  program
    .command('capture')
    .description('receives messages from a queue into an archive that history import reads')
    .option('--queue <url>', 'queue to receive from')
    .option('--workflow <name>', 'take queue, region and keys from this workflow')
    .option('--region <region>', 'region to sign for, where the URL does not tell it')
    .option('--peek', 'leave the messages in the queue (receive counts rise)', false)
    .option('--drain', 'delete each message once its line is on the disk', false)
    .requiredOption('--out <file>', 'archive to write; must not exist')
    .option('--max <n>', 'at most so many messages', positiveInteger)
    .option('--seconds <s>', 'at most so long, 60 unless told', positiveNumber)
    .option(
      '--wait <s>',
      'the queue is empty when it gives nothing for so long: 1 to 20, 3 unless told',
      positiveInteger,
    )
    .option('--into-history', 'import the archive afterwards', false)
    .option('--confirm <name>', 'the workflow’s name, needed to drain a production queue')
    .option('--trust-host <host>', 'confirm a host outside AWS, once')
    .action((options: CaptureOptions, command: Command) =>
      withSession(command, async (session) => {
        const mode = modeOf(options);
        const { queue, workflow, region, out, max, seconds, wait, confirm, trustHost } = options;
        const credentials = await keysOf(session, options);
        const captured = await session.call(
          'capture.run',
          {
            mode,
            out,
            ...given({ queue, workflow, region, max, seconds, waitSeconds: wait, confirm, trustHost }),
          },
          { ...given({ credentials }), signal: interruptSignal() },
        );
        const history =
          options.intoHistory && captured.captured > 0
            ? await session.call('history.import', { path: out })
            : null;
        answer(session.options.json, { ...captured, history }, captureLines);
        if (captured.notDeleted > 0 || (history?.rejected ?? 0) > 0) {
          process.exitCode = EXIT.completedWithErrors;
        }
      }),
    );
}

function modeOf({ peek, drain }: CaptureOptions): 'peek' | 'drain' {
  if (peek !== drain) return peek ? 'peek' : 'drain';
  throw new SegueError(
    'USAGE',
    'Say what becomes of the messages: --peek leaves them in the queue, --drain deletes each once it is in the file.',
  );
}

/** A queue's URL names no authorization, so its keys come from --credentials, or from the workflow that is named too. */
async function keysOf(
  session: Session,
  { workflow, queue }: CaptureOptions,
): Promise<Credentials | undefined> {
  if (queue?.startsWith('sandbox:') === true) return undefined;
  if (workflow !== undefined) return credentialsFor(session, workflow);
  const { credentials } = session.options;
  return credentials === undefined
    ? undefined
    : resolveCredentials(parseCredentialSource(credentials), openKeychain());
}

/** The first Ctrl-C ends the capture in good order: what was received is in the file, and a peek lets go. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  return controller.signal;
}

const ENDED: Readonly<Record<CaptureResult['ended'], string>> = {
  empty: 'the queue gave no more',
  max: 'as many as asked for',
  time: 'the time was over',
  cancelled: 'interrupted',
  in_flight_limit: 'the queue gives no more while so many are in flight',
};

function captureLines(result: CaptureResult & { history: ImportResult | null }): string[] {
  const { captured, deleted, notDeleted, returned, mode, file, history } = result;
  return [
    `${count(captured)} messages of ${result.queueUrl} in ${file} (${ENDED[result.ended]})`,
    mode === 'drain'
      ? `Drained: ${count(deleted)} deleted from the queue${notDeleted === 0 ? '' : `, ${count(notDeleted)} could not be deleted and come again`}`
      : `Peeked: all are still in the queue, ${count(returned)} visible again at once`,
    ...(history === null ? [] : archiveLines(history)),
  ];
}
