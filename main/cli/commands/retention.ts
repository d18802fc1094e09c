import { type Command, InvalidArgumentError } from 'commander';
import { type PruneResult, type RetentionState, retentionDays } from '../../../preload/contract/retention.ts';
import { count } from '../../engine/core/count.ts';
import { answer } from '../output.ts';
import { withSession } from '../session.ts';

/** `retention …`: how long older profile versions are kept, and removing those that are past it. */
export function addRetentionCommands(program: Command): void {
  const retention = program
    .command('retention')
    .description('older profile versions: how long they are kept, pruning');
  retention
    .command('show')
    .description('how long versions are kept, how many there are, what pruning would remove')
    .action((_options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('retention.show', {}), stateLines);
      }),
    );
  retention
    .command('set')
    .argument('<days>', 'days that a version is kept once it was replaced, or forever', daysArgument)
    .description('sets how long versions are kept; removes nothing by itself')
    .action((days: number | null, _options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('retention.set', { days }), stateLines);
      }),
    );
  retention
    .command('prune')
    .description('removes versions that are past the retention and gives their space back')
    .option('--dry-run', 'count them, remove nothing', false)
    .action((options: { dryRun: boolean }, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('retention.prune', options), pruneLines);
      }),
    );
}

function daysArgument(text: string): number | null {
  const parsed = retentionDays.safeParse(text === 'forever' ? null : Number(text));
  if (!parsed.success || text.trim() === '')
    throw new InvalidArgumentError('Write a whole number of days from 1 to 36500, or forever.');
  return parsed.data;
}

function stateLines(state: RetentionState): string[] {
  const { days, cutOff, keptFrom, heldByRun, versions, oldestReplacedAt, prunable, prunedUntil } = state;
  return [
    days === null
      ? 'Older profile versions are kept forever.'
      : `Older profile versions are kept for ${count(days)} days (those valid since ${cutOff}).`,
    ...(heldByRun === null ? [] : [heldLine(heldByRun, keptFrom)]),
    `${count(versions)} versions${oldestReplacedAt === null ? '' : `, the oldest replaced at ${oldestReplacedAt}`}.`,
    ...(prunable === 0
      ? []
      : [
          `${count(prunable)} of them, about ${count(state.prunableBytes)} bytes, can go: segue retention prune`,
        ]),
    ...(prunedUntil === null ? [] : [`Profiles as of a time before ${prunedUntil} are no longer exact.`]),
  ];
}

function pruneLines(result: PruneResult): string[] {
  const { dryRun, heldByRun, keptFrom, removed, removedBytes, storeBytes, freeBytes } = result;
  return [
    `${dryRun ? 'Would remove' : 'Removed'} ${count(removed)} versions, ${count(removedBytes)} bytes of text. ` +
      `Kept: what was valid at ${keptFrom} or later.`,
    ...(heldByRun === null ? [] : [heldLine(heldByRun, keptFrom)]),
    ...(dryRun
      ? []
      : [
          `The store takes ${count(storeBytes)} bytes` +
            (freeBytes === 0
              ? '.'
              : `, ${count(freeBytes)} of them free for what comes next. A compact copy: segue backup --out FILE`),
        ]),
  ];
}

function heldLine(run: string, keptFrom: string | null): string {
  return `Run ${run} has not ended and needs versions since ${keptFrom}; these stay.`;
}
