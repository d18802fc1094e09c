import { type Command, Option } from 'commander';
import { type ChangeCause, changeCause } from '../../../preload/contract/values.ts';
import { count } from '../../engine/core/count.ts';
import { archiveLines } from '../import-lines.ts';
import { given, positiveInteger, repeatable, timeArgument } from '../options.ts';
import { answer, table } from '../output.ts';
import { withSession } from '../session.ts';

/** Which changes: the options of `history …` and `replay …`. */
export interface SelectionOptions {
  from?: string;
  to?: string;
  audience: string[];
  event?: 'enter' | 'exit' | 'change';
  user?: string;
  cause?: ChangeCause;
  batch?: number;
}

/** Adds the options that choose changes. */
export function addSelectionOptions(command: Command): Command {
  return command
    .option('--from <time>', 'first instant', timeArgument)
    .option('--to <time>', 'end, not included', timeArgument)
    .option('--audience <slug>', 'only this audience; may be repeated', repeatable, [])
    .addOption(new Option('--event <event>', 'only this event').choices(['enter', 'exit', 'change']))
    .option('--user <id>', 'only this user')
    .addOption(new Option('--cause <cause>', 'only changes that this made').choices(changeCause.options))
    .option('--batch <n>', 'only the changes of this import', positiveInteger);
}

/** The contract's filter of {@link addSelectionOptions}. */
export function selectionOf({ from, to, audience, event, user, cause, batch }: SelectionOptions) {
  return given({ from, to, audiences: audience, event, userId: user, cause, batch });
}

/** `history …`, `clock …` and `import …`: all changes, the clock that makes some of them, and taking an import back. */
export function addHistoryCommands(program: Command): void {
  const history = program
    .command('history')
    .description('all changes: import archived messages, export, count');
  history
    .command('import <file>')
    .description('archived trigger messages, one JSON document a line')
    .option('--strict', 'take everything back at the first bad line', false)
    .action((path: string, options: { strict: boolean }, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('history.import', { path, ...options }), archiveLines);
      }),
    );
  addSelectionOptions(history.command('export'))
    .description('changes as NDJSON, oldest first')
    .requiredOption('--out <file>', 'file to write')
    .action((options: SelectionOptions & { out: string }, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        const result = await call('history.export', { ...selectionOf(options), out: options.out });
        answer(json, result, () => [`${count(result.count)} changes written to ${result.file}`]);
      }),
    );
  addSelectionOptions(history.command('count'))
    .description('how many changes there are')
    .action((options: SelectionOptions, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('history.count', selectionOf(options)), (result) => [count(result.count)]);
      }),
    );

  const clock = program.command('clock').description('the workspace’s clock');
  clock
    .command('show')
    .description('real or simulated, and its time')
    .action((_options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('clock.show', {}), (result) => [
          `${result.now} (${result.mode}), ${result.dueTimers} timers due`,
        ]);
      }),
    );
  clock
    .command('advance')
    .description('moves the simulated clock forward and records every change that falls due')
    .requiredOption('--to <time>', 'the new time', timeArgument)
    .action((options: { to: string }, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('clock.advance', options), (result) => [
          `The clock stands at ${result.now}: ${count(result.entered)} entered, ${count(result.exited)} left (${count(result.timers)} timers were due).`,
        ]);
      }),
    );
  clock
    .command('real')
    .description('ends the simulation: the workspace follows the real time again')
    .action((_options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('clock.useReal', {}), (result) => [`${result.now} (${result.mode})`]);
      }),
    );

  const imports = program.command('import').description('imports: list, undo the last one');
  imports
    .command('list')
    .description('the last imports')
    .action((_options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, (await call('batch.list', {})).rows, (rows) =>
          table(
            ['batch', 'state', 'kind', 'at', 'entered', 'left', 'rejected', 'source'],
            rows.map((row) => [
              row.batch,
              row.state,
              row.kind,
              row.at ?? '',
              count(row.entered),
              count(row.exited),
              count(row.rejected),
              row.source,
            ]),
          ),
        );
      }),
    );
  imports
    .command('undo')
    .argument('<batch>', 'the number that import list shows', positiveInteger)
    .description('takes the last import back')
    .action((batch: number, _options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('batch.undo', { batch }), (result) => [
          `Import ${result.batch} was taken back.`,
        ]);
      }),
    );
}
