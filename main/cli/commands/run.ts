import type { Command } from 'commander';
import { count } from '../../engine/core/count.ts';
import { SegueError } from '../../engine/core/errors.ts';
import { foreground } from '../foreground.ts';
import { given } from '../options.ts';
import { answer, table } from '../output.ts';
import { planLines, runLines } from '../run-lines.ts';
import {
  addGuardOptions,
  addPaceOptions,
  type GuardOptions,
  guardsOf,
  type PaceOptions,
  requestOf,
} from '../run-options.ts';
import { credentialsFor, withSession } from '../session.ts';
import { startShare } from '../share.ts';
import { addMergeCommand } from './bundle.ts';
import { addRunMessageCommands } from './run-messages.ts';

interface StartOptions extends PaceOptions, GuardOptions {
  bundle?: string;
  journal?: string;
}

/** `replay …`, `backfill …` and `run …`. */
export function addRunCommands(program: Command): void {
  addRequestCommands(program, 'replay', 'sends the messages of past changes again');
  addRequestCommands(program, 'backfill', 'sends everyone now in the audiences, as enter');
  const run = program
    .command('run')
    .description('runs: list, show, resume, retry, cancel, their messages, export, merge');
  run
    .command('list')
    .description('the last runs')
    .action((_options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, (await call('run.list', {})).rows, (rows) =>
          table(
            ['id', 'kind', 'state', 'started', 'sent', 'parked', 'planned', 'workflow'],
            rows.map((row) => [
              row.id,
              row.kind,
              row.state,
              row.startedAt ?? '',
              count(row.sent),
              count(row.parked),
              count(row.planned),
              row.workflow,
            ]),
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
  addRunMessageCommands(run);
  addMergeCommand(run);
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
      withSession(command, async (session) => {
        const credentials = await credentialsFor(session, workflow).catch((error: unknown) => {
          // A plan does without the saved keys, and says so; those that are asked for must be there.
          if (session.options.credentials !== undefined) throw error;
          return undefined;
        });
        const request = { workflow, kind, ...requestOf(options) };
        const plan = await session.call('run.plan', request, given({ credentials }));
        answer(session.options.json, plan, planLines);
      }),
    );
  addGuardOptions(addPaceOptions(parent.command('start [workflow]')))
    .description('plans, writes the journal, sends and waits for the end')
    .option('--bundle <file>', 'send a share of this bundle; --workspace names its own folder')
    .option(
      '--journal <file>',
      'with --bundle: export the journal of the share here at its end, for run merge',
    )
    .action((name: string | undefined, options: StartOptions, command: Command) => {
      if (options.bundle !== undefined) return startShare(name, kind, options.bundle, options, command);
      if (options.journal !== undefined)
        throw new SegueError('USAGE', '--journal goes with --bundle. Use run export for another run.');
      const workflow = requireWorkflowName(name);
      return withSession(command, async (session) => {
        const credentials = await credentialsFor(session, workflow);
        const started = await session.call(
          'run.start',
          { workflow, kind, ...requestOf(options), ...guardsOf(options) },
          given({ credentials }),
        );
        await foreground(session, started.id, runLines);
      });
    });
}

function requireWorkflowName(name: string | undefined): string {
  if (name !== undefined) return name;
  throw new SegueError('USAGE', 'Name the workflow, or a bundle with --bundle FILE.');
}
