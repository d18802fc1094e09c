import type { Command } from 'commander';
import type { ExplainNode } from '../../../preload/contract/audience.ts';
import { answer, count, table } from '../output.ts';
import { withSession } from '../session.ts';

/** `audience …`: definitions, members and why a user is in or out. */
export function addAudienceCommands(program: Command): void {
  const audience = program.command('audience').description('audiences: import, list, explain');
  audience
    .command('import <file>')
    .description('definitions from a JSON list {id, slug, name, filter?}')
    .action((path: string, _options: unknown, command: Command) =>
      withSession(command, async ({ call, options }) => {
        answer(options.json, await call('audience.import', { path }), (result) => [
          `Audiences: ${result.created} created, ${result.updated} updated, ${result.unchanged} unchanged.`,
        ]);
      }),
    );
  audience
    .command('list')
    .description('every audience with its members')
    .action((_options: unknown, command: Command) =>
      withSession(command, async ({ call, options }) => {
        answer(options.json, (await call('audience.list', {})).rows, (rows) =>
          table(
            ['slug', 'kind', 'members', 'last change', 'name'],
            rows.map((row) => [row.slug, row.kind, count(row.members), row.lastChangeAt ?? '-', row.name]),
          ),
        );
      }),
    );
  audience
    .command('show <slug>')
    .description('one audience')
    .action((slug: string, _options: unknown, command: Command) =>
      withSession(command, async ({ call, options }) => {
        answer(options.json, await call('audience.show', { slug }), (row) => [
          `${row.slug} (${row.kind}), id ${row.id}`,
          row.name,
          `${count(row.members)} members, last change ${row.lastChangeAt ?? 'none'}`,
          ...(row.filter === null ? [] : [row.filter]),
        ]);
      }),
    );
  audience
    .command('explain <slug>')
    .description('why a user is in an audience or not, and when that can next change')
    .requiredOption('--user <id>', 'the user')
    .action((slug: string, options: { user: string }, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('audience.explain', { slug, userId: options.user }), (explained) => [
          `${explained.userId} is ${explained.member ? 'in' : 'not in'} ${explained.audience}` +
            (explained.enteredAt === null ? '' : ` since ${explained.enteredAt}`),
          ...(explained.tree === null ? [] : tree(explained.tree, 0)),
          ...(explained.lastChange === null
            ? []
            : [
                `Last change: ${explained.lastChange.event} at ${explained.lastChange.at} (${explained.lastChange.cause})`,
              ]),
          `Next possible change without new data: ${explained.nextFlip ?? 'none'}`,
        ]);
      }),
    );
}

function tree(node: ExplainNode, depth: number): string[] {
  const fields = node.fields.map(({ name, value }) => `${name} = ${value}`).join(', ');
  const line = `${'  '.repeat(depth)}${String(node.value)}  ${node.text}${fields === '' ? '' : `   [${fields}]`}`;
  return [line, ...node.children.flatMap((child) => tree(child, depth + 1))];
}
