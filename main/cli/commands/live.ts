import type { Command } from 'commander';
import { foreground } from '../foreground.ts';
import { given } from '../options.ts';
import { answer, table } from '../output.ts';
import { runLines } from '../run-lines.ts';
import { addGuardOptions, type GuardOptions, guardsOf } from '../run-options.ts';
import { credentialsFor, withSession } from '../session.ts';

/** `live …`: workflows that send changes as they arise. */
export function addLiveCommands(program: Command): void {
  const live = program
    .command('live')
    .description('sends the changes of a workflow as they arise: start, list, stop');
  addGuardOptions(live.command('start <workflow>'))
    .description(
      'switches the workflow live, or goes on, and sends until Ctrl-C pauses it; with existing users it sends the present members first',
    )
    .action((name: string, options: GuardOptions, command: Command) =>
      withSession(
        command,
        async (session) => {
          const credentials = await credentialsFor(session, name);
          const run = await session.call(
            'workflow.setLive',
            { name, live: true, ...guardsOf(options) },
            given({ credentials }),
          );
          await foreground(session, run.id, runLines);
        },
        { live: true },
      ),
    );
  live
    .command('list')
    .description('the workflows that are live')
    .action((_options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, (await call('live.list', {})).rows, (rows) =>
          table(
            ['workflow', 'since', 'state', 'sent', 'pending', 'parked', 'run'],
            rows.map(({ workflow, since, run }) => [
              workflow,
              since,
              run.state,
              run.sent,
              run.pending,
              run.parked,
              run.id,
            ]),
          ),
        );
      }),
    );
  live
    .command('stop <workflow>')
    .description('switches live mode off; what is journalled and unsent is left to: run resume ID')
    .action((name: string, _options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('workflow.setLive', { name, live: false }), runLines);
      }),
    );
}
