import type { ImportResult } from '../../preload/contract/profile.ts';
import { count } from '../engine/core/count.ts';

/** What an import of profiles or data events did, in a few lines. */
export function profileLines(result: ImportResult): string[] {
  const { read, created, updated, unchanged, duplicates } = result.profiles;
  const repeated =
    duplicates === 0 ? '.' : `, ${count(duplicates)} named more than once (the last one counts).`;
  return [
    `Read ${count(read)} profiles: ${count(created)} created, ${count(updated)} updated, ${count(unchanged)} unchanged${repeated}`,
    ...changeLines(result),
  ];
}

/** What an import of a membership export did, in a few lines. `partial` when absent users stay. */
export function snapshotLines(result: ImportResult, partial: boolean): string[] {
  const { read, duplicates } = result.profiles;
  const repeated = duplicates === 0 ? '.' : `; ${count(duplicates)} rows repeat an earlier one.`;
  const dryRun = result.dryRun ? 'Dry run, nothing was changed. ' : '';
  return [
    `${dryRun}Read ${count(read)} users${repeated}`,
    ...changeLines(result),
    ...(partial || result.rejected === 0
      ? []
      : ['Who stands in rejected lines alone counts as absent; with --strict such a file is refused.']),
  ];
}

/** What an import of archived messages did, in a few lines. */
export function archiveLines(result: ImportResult): string[] {
  const { read, duplicates } = result.profiles;
  const known = duplicates === 0 ? '.' : `, ${count(duplicates)} of which the history has already.`;
  return [`Read ${count(read)} messages${known}`, ...changeLines(result)];
}

function changeLines({
  changes,
  audiencesCreated,
  rejected,
  rejectFile,
  firstRejects,
}: ImportResult): string[] {
  const fields = changes.changed === 0 ? '.' : `, ${count(changes.changed)} field changes.`;
  return [
    `Changes: ${count(changes.entered)} entered, ${count(changes.exited)} exited${fields}`,
    ...(audiencesCreated.length === 0 ? [] : [`New audiences: ${audiencesCreated.join(', ')}`]),
    ...(rejected === 0 ? [] : [`Rejected: ${count(rejected)} lines, listed in ${rejectFile}`]),
    ...firstRejects.map(
      ({ line, column, reason }) => `  line ${count(line)}, column ${count(column)}: ${reason}`,
    ),
  ];
}
