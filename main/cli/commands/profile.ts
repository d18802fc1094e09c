import type { Command } from 'commander';
import { count } from '../../engine/core/count.ts';
import { profileLines, snapshotLines } from '../import-lines.ts';
import { formatOption, given, timeArgument } from '../options.ts';
import { answer } from '../output.ts';
import { withSession } from '../session.ts';

/** `profile …` and `snapshot …`: data in, and one profile as it is or was. */
export function addProfileCommands(program: Command): void {
  const profile = program.command('profile').description('profiles: import, show, count');
  profile
    .command('import <file>')
    .description(
      'profiles as NDJSON, JSON array or CSV, or data events; plain, .gz or .zst; - for standard input',
    )
    .addOption(formatOption(['events']))
    .option('--key <field>', 'field that identifies the user (default: user_id)')
    .option('--replace', 'replace profiles instead of merging fields', false)
    .option('--at <time>', 'when the data became valid (default: now)', timeArgument)
    .option('--strict', 'take everything back at the first bad line', false)
    .action((path: string, options: ProfileImportOptions, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('profile.import', given({ path, ...options })), profileLines);
      }),
    );
  profile
    .command('show <id>')
    .description('the profile’s text as it came in')
    .option('--as-of <time>', 'as it was at this instant', timeArgument)
    .action((userId: string, options: { asOf?: string }, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('profile.show', given({ userId, asOf: options.asOf })), (detail) => [
          detail.text,
          ...(detail.clipped ? [`… only the first ${count(detail.text.length)} characters are shown`] : []),
          `${count(detail.bytes)} bytes, ${detail.versions} older versions, valid from ${detail.validFrom ?? 'the beginning'} to ${detail.validTo ?? 'now'}`,
          ...detail.memberships.map((row) => `in ${row.audience} since ${row.enteredAt}`),
        ]);
      }),
    );
  profile
    .command('count')
    .description('how many profiles there are')
    .action((_options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('profile.count', {}), (result) => [
          `${count(result.count)} profiles, ${count(result.versions)} older versions`,
        ]);
      }),
    );

  program
    .command('snapshot')
    .description('membership exports')
    .command('import <file>')
    .description('diffs a membership export against the store: who entered, who left')
    .requiredOption('--at <time>', 'the instant that the export shows', timeArgument)
    .addOption(formatOption())
    .option('--key <field>', 'field that identifies the user (default: user_id)')
    .option('--partial', 'compare only the users in the file; absent users stay', false)
    .option('--dry-run', 'find the changes, record nothing', false)
    .option('--strict', 'refuse the file at its first bad line', false)
    .option('--out <file>', 'write the changes as NDJSON')
    .action((path: string, options: SnapshotOptions, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('snapshot.import', given({ path, ...options })), (result) =>
          snapshotLines(result, options.partial),
        );
      }),
    );
}

type Format = 'ndjson' | 'json' | 'csv';

interface ProfileImportOptions {
  format?: Format | 'events';
  key?: string;
  replace: boolean;
  at?: string;
  strict: boolean;
}

interface SnapshotOptions {
  at: string;
  format?: Format;
  key?: string;
  partial: boolean;
  dryRun: boolean;
  strict: boolean;
  out?: string;
}
