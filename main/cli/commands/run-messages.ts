import type { Command } from 'commander';
import type { RunMessageRow } from '../../../preload/contract/run.ts';
import { count } from '../../engine/core/count.ts';
import { readText } from '../file-argument.ts';
import { given, positiveInteger } from '../options.ts';
import { answer, table } from '../output.ts';
import { credentialsFor, type Session, withSession } from '../session.ts';

const MESSAGE_NUMBER = 'the message’s number, as run parked and run export show it';

/** `run parked`, `run message`, `run edit`: look at what was refused, and correct it. */
export function addRunMessageCommands(run: Command): void {
  run
    .command('parked <id>')
    .description('messages that were refused, with the reason of each')
    .option('--limit <n>', 'how many', positiveInteger, 100)
    .action((id: string, options: { limit: number }, command: Command) =>
      withSession(command, async (session) => {
        const { parked } = await session.call('run.show', { id });
        const rows = await parkedRows(session, id, options.limit);
        answer(session.options.json, rows, () => [
          ...table(
            ['n', 'user', 'at', 'reason'],
            rows.map((row) => [
              row.n,
              row.userId,
              row.at,
              `${row.errorMessage ?? ''} [${row.errorCode ?? '-'}]`,
            ]),
          ),
          `${count(rows.length)} of ${count(parked)} parked messages`,
        ]);
      }),
    );
  run
    .command('message <id>')
    .argument('<n>', MESSAGE_NUMBER, positiveInteger)
    .description('the body of one message, as it was or would be sent')
    .action((id: string, n: number, _options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('run.message', { id, n }), ({ body }) => [body]);
      }),
    );
  run
    .command('edit <id>')
    .argument('<n>', MESSAGE_NUMBER, positiveInteger)
    .description('replaces the body of a parked message; run retry then sends it')
    .requiredOption('--body <file>', 'the new body, - for standard input')
    .action((id: string, n: number, options: { body: string }, command: Command) =>
      withSession(command, async (session) => {
        const body = readText(options.body, '--body');
        const { workflow } = await session.call('run.show', { id });
        const credentials = await optionalCredentials(session, workflow);
        const result = await session.call('run.editMessage', { id, n, body }, given({ credentials }));
        answer(session.options.json, result, ({ bytes, problems }) => [
          `Message ${result.n} has a new body: ${count(bytes)} bytes with its attributes`,
          ...problems.map(({ severity, code, message }) => `${severity}: ${message} [${code}]`),
          `Send it with: segue run retry ${id}`,
        ]);
      }),
    );
}

async function parkedRows({ call }: Session, id: string, limit: number): Promise<RunMessageRow[]> {
  const rows: RunMessageRow[] = [];
  let cursor: string | null = null;
  do {
    const page: { rows: RunMessageRow[]; next: string | null } = await call('run.messages', {
      id,
      state: 'parked',
      cursor,
      limit: Math.min(500, limit - rows.length),
    });
    rows.push(...page.rows);
    cursor = page.next;
  } while (cursor !== null && rows.length < limit);
  return rows;
}

/** Keys only let the queue be asked for its own limit; without them the edit is checked against the general one. */
function optionalCredentials(session: Session, workflow: string) {
  return credentialsFor(session, workflow).catch(() => undefined);
}
