import { type Command, Option } from 'commander';
import type { Plan, RunRow } from '../../../preload/contract/run.ts';
import { foreground } from '../foreground.ts';
import { given, positiveInteger, positiveNumber, shardArgument } from '../options.ts';
import { answer, count, table } from '../output.ts';
import { credentialsFor, withSession } from '../session.ts';
import { addSelectionOptions, type SelectionOptions, selectionOf } from './history.ts';

interface PaceOptions extends SelectionOptions {
  rate?: number;
  concurrency?: number;
  profile?: 'as-of' | 'current';
  dryRun: boolean;
  max?: number;
  stopAfter?: number;
  shard?: { index: number; of: number };
  requireValid: boolean;
}

interface GuardOptions {
  confirm?: string;
  trustHost?: string;
}

/** `replay …`, `backfill …` and `run …`. */
export function addRunCommands(program: Command): void {
  addRequestCommands(program, 'replay', 'sends the messages of past changes again');
  addRequestCommands(program, 'backfill', 'sends everyone now in the audiences, as enter');
  const run = program.command('run').description('runs: list, show, resume, retry, cancel, export');
  run
    .command('list')
    .description('the last runs')
    .action((_options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, (await call('run.list', {})).rows, (rows) =>
          table(
            ['id', 'kind', 'state', 'sent', 'parked', 'planned', 'workflow'],
            rows.map((row) => [row.id, row.kind, row.state, row.sent, row.parked, row.planned, row.workflow]),
          ),
        );
      }),
    );
  run
    .command('show <id>')
    .description('one run: what was sent, what was not and why, what may be doubled')
    .action((id: string, _options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('run.show', { id }), (detail) => [
          ...runLines(detail),
          ...detail.errors.map((error) => `${count(error.count)} × ${error.message} [${error.code}]`),
          ...detail.duplicates.map(({ n, userId, at }) => `possibly twice: message ${n}, ${userId} at ${at}`),
        ]);
      }),
    );
  for (const verb of ['resume', 'retry'] as const) {
    addGuardOptions(run.command(`${verb} <id>`))
      .description(
        verb === 'resume' ? 'goes on where a run stopped' : 'sends parked and failed messages again',
      )
      .action((id: string, options: GuardOptions, command: Command) =>
        withSession(command, async (session) => {
          const { workflow } = await session.call('run.show', { id });
          const credentials = await credentialsFor(session, workflow);
          await session.call(`run.${verb}`, { id, ...guardsOf(options) }, given({ credentials }));
          await foreground(session, id, runLines);
        }),
      );
  }
  run
    .command('cancel <id>')
    .description('ends a run; what was sent stays sent')
    .action((id: string, _options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('run.cancel', { id }), runLines);
      }),
    );
  run
    .command('export <id>')
    .description('every message of a run with its outcome, as NDJSON')
    .requiredOption('--out <file>', 'file to write')
    .action((id: string, options: { out: string }, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('run.export', { id, out: options.out }), (result) => [
          `${count(result.count)} messages written to ${result.file}`,
        ]);
      }),
    );
}

function addRequestCommands(program: Command, kind: 'replay' | 'backfill', description: string): void {
  const parent = program.command(kind).description(description);
  addPaceOptions(parent.command('plan <workflow>'))
    .description('what would be sent: messages, bytes, days, cost, what breaks a limit; sends nothing')
    .action((workflow: string, options: PaceOptions, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('run.plan', { workflow, kind, ...requestOf(options) }), planLines);
      }),
    );
  addGuardOptions(addPaceOptions(parent.command('start <workflow>')))
    .description('plans, writes the journal, sends and waits for the end')
    .action((workflow: string, options: PaceOptions & GuardOptions, command: Command) =>
      withSession(command, async (session) => {
        const credentials = await credentialsFor(session, workflow);
        const started = await session.call(
          'run.start',
          { workflow, kind, ...requestOf(options), ...guardsOf(options) },
          given({ credentials }),
        );
        await foreground(session, started.id, runLines);
      }),
    );
}

function addPaceOptions(command: Command): Command {
  return addSelectionOptions(command)
    .option('--rate <n>', 'messages per second at most', positiveNumber)
    .option('--concurrency <n>', 'requests in flight at most', positiveInteger)
    .addOption(
      new Option('--profile <which>', 'the profile as it was or as it is').choices(['as-of', 'current']),
    )
    .option('--dry-run', 'everything but the request', false)
    .option('--max <n>', 'refuse to start with more messages than this', positiveInteger)
    .option('--stop-after <n>', 'stop after so many failures', positiveInteger)
    .option('--shard <i/n>', 'only this share, by user', shardArgument)
    .option('--require-valid', 'refuse to start when a message breaks the workflow’s JSON Schema', false);
}

function addGuardOptions(command: Command): Command {
  return command
    .option('--confirm <name>', 'the workflow’s name, needed for production')
    .option('--trust-host <host>', 'confirm a host outside AWS, once');
}

function requestOf(options: PaceOptions) {
  const { rate, concurrency, profile, dryRun, max, stopAfter, shard, requireValid } = options;
  return {
    selection: selectionOf(options),
    options: given({ rate, concurrency, profile, dryRun, max, stopAfter, shard, requireValid }),
  };
}

function guardsOf({ confirm, trustHost }: GuardOptions) {
  return given({ confirm, trustHost });
}

function runLines(run: RunRow): string[] {
  return [
    `Run ${run.id}: ${run.state}${run.reason === null ? '' : ` (${run.reason})`}`,
    `${count(run.sent)} of ${count(run.planned)} messages sent${run.dryRun ? ' (dry run: none left this machine)' : ''}, ` +
      `${count(run.parked)} parked, ${count(run.failed)} failed, ${count(run.pending)} left, ${count(run.possibleDuplicates)} possibly twice`,
    `${run.seconds.toFixed(1)} s, ${count(Math.round(run.messagesPerSecond))} messages/s, ${count(run.retries)} retries`,
  ];
}

/** A plan in the order in which a person decides. */
export function planLines(plan: Plan): string[] {
  return [
    `${count(plan.messages)} messages from ${count(plan.changes)} changes, ${count(plan.bytes)} bytes, to ${plan.queueUrl} (${plan.environment})`,
    `From ${plan.first ?? '-'} to ${plan.last ?? '-'}`,
    `${count(plan.requests)} requests, $${plan.costUsd.toFixed(4)} at list price` +
      (plan.seconds === null ? '' : `, ${plan.seconds.toFixed(0)} s at the chosen rate`),
    ...plan.byDay.map(({ day, messages }) => `  ${day}  ${count(messages)}`),
    ...plan.byAudience.map(
      (row) =>
        `  ${row.audience}: ${count(row.enter)} enter, ${count(row.exit)} exit, ${count(row.change)} change`,
    ),
    ...(plan.withoutProfile === 0
      ? []
      : [`${count(plan.withoutProfile)} messages have no profile; they carry the user’s key only`]),
    ...plan.problems.map(
      (problem) => `${problem.severity}: ${count(problem.count)} × ${problem.message} [${problem.code}]`,
    ),
  ];
}
