import type { Command } from 'commander';
import { answer, table } from '../output.ts';
import { withSession } from '../session.ts';

/** `workflow …`: what is sent where. */
export function addWorkflowCommands(program: Command): void {
  const workflow = program.command('workflow').description('workflows: import, export, list, show, remove');
  workflow
    .command('import <file>')
    .description('a workflow file, or a list of them')
    .action((path: string, _options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('workflow.import', { path }), (result) => [
          `Imported: ${result.imported.join(', ')}`,
        ]);
      }),
    );
  workflow
    .command('export <name>')
    .description('writes a workflow file')
    .requiredOption('--out <file>', 'file to write')
    .action((name: string, options: { out: string }, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('workflow.export', { name, out: options.out }), (result) => [
          `Written to ${result.file}`,
        ]);
      }),
    );
  workflow
    .command('list')
    .description('every workflow')
    .action((_options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, (await call('workflow.list', {})).rows, (rows) =>
          table(
            ['name', 'environment', 'audiences', 'queue'],
            rows.map((row) => [row.name, row.environment, row.audiences.join(','), row.queueUrl]),
          ),
        );
      }),
    );
  workflow
    .command('show <name>')
    .description('one workflow as its file form')
    .action((name: string, _options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('workflow.show', { name }), (shown) => [JSON.stringify(shown, null, 2)]);
      }),
    );
  workflow
    .command('remove <name>')
    .description('removes a workflow; its runs stay')
    .action((name: string, _options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('workflow.remove', { name }), (result) => [`Removed ${result.name}`]);
      }),
    );
}
