import type { Command } from 'commander';
import type { RulePreview, UserGroup } from '../../../preload/contract/audience.ts';
import { count } from '../../engine/core/count.ts';
import { explainLines } from '../explain-lines.ts';
import { given } from '../options.ts';
import { answer, table } from '../output.ts';
import { ruleText, warningLine } from '../rule-argument.ts';
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
          ...result.warnings.map((warning) => `${warning.audience}: ${warningLine(warning)}`),
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
    .command('save <slug>')
    .description('creates an audience with a rule, or changes its rule')
    .option('--filter <text>', 'the rule')
    .option('--file <file>', 'a file with the rule, - for standard input')
    .option('--name <name>', 'the name; a present one is kept otherwise')
    .option('--dry-run', 'only say who would enter and leave', false)
    .action((slug: string, options: SaveOptions, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        const text = ruleText(
          given({ text: options.filter, file: options.file }),
          'audience save',
          '--filter',
        );
        if (options.dryRun) {
          answer(json, await call('audience.previewRule', { slug, text }), previewLines);
          return;
        }
        const input = { slug, filter: text, ...given({ name: options.name }) };
        answer(json, await call('audience.saveRule', input), ({ outcome, entered, exited, warnings }) => [
          ...warnings.map(warningLine),
          `Audience ${slug}: ${outcome}, ${count(entered)} entered, ${count(exited)} left.`,
        ]);
      }),
    );
  audience
    .command('explain <slug>')
    .description('why a user is in an audience or not, and when that can next change')
    .requiredOption('--user <id>', 'the user')
    .action((slug: string, options: { user: string }, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('audience.explain', { slug, userId: options.user }), explainLines);
      }),
    );
}

interface SaveOptions {
  readonly filter?: string;
  readonly file?: string;
  readonly name?: string;
  readonly dryRun: boolean;
}

function previewLines({ matching, entering, leaving, unanswered, total, warnings }: RulePreview): string[] {
  const line = (what: string, group: UserGroup | null) => {
    const { count: users, users: some } = group ?? { count: 0, users: [] };
    const more = users > some.length ? ', …' : '';
    return `${what.padEnd(12)}${count(users)}${users === 0 ? '' : `  (${some.join(', ')}${more})`}`;
  };
  return [
    ...warnings.map(warningLine),
    `Of ${count(total)} profiles, nothing was changed:`,
    line('match', matching),
    line('would enter', entering),
    line('would leave', leaving),
    ...(unanswered === 0 ? [] : [`${'no answer'.padEnd(12)}${count(unanswered)}`]),
  ];
}
