import { type Command, Option } from 'commander';
import type { MergeReport } from '../../../preload/contract/bundle.ts';
import { count } from '../../engine/core/count.ts';
import { given } from '../options.ts';
import { answer, EXIT, table } from '../output.ts';
import { startProgress } from '../progress.ts';
import { addRunSelectionOptions, type RunSelectionOptions, runSelectionOf } from '../run-options.ts';
import { globalOptions, withSession } from '../session.ts';

interface BundleOptions extends RunSelectionOptions {
  out: string;
  kind: 'replay' | 'backfill';
  profile?: 'as-of' | 'current';
  requireValid: boolean;
}

/** `bundle`: a replay or backfill as one file, for machines without the workspace. */
export function addBundleCommands(program: Command): void {
  addRunSelectionOptions(program.command('bundle <workflow>'))
    .description('everything that a share of a run needs on another machine, in one file without secrets')
    .requiredOption('--out <file>', 'file to write; replaced when it is there')
    .addOption(
      new Option('--kind <kind>', 'what the shares will run')
        .choices(['replay', 'backfill'])
        .default('replay'),
    )
    .addOption(
      new Option('--profile <which>', 'the profile as it was or as it is').choices(['as-of', 'current']),
    )
    .option('--require-valid', 'park messages that break the workflow’s JSON Schema', false)
    .action((workflow: string, options: BundleOptions, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        const { kind, profile, requireValid, out } = options;
        const result = await call('bundle.export', {
          workflow,
          kind,
          selection: runSelectionOf(options),
          options: given({ profile, requireValid }),
          out,
        });
        answer(json, result, ({ id, file, bytes, messages, users }) => [
          `Bundle ${id}: ${count(messages)} messages of ${count(users)} users in ${file}, ${count(bytes)} bytes`,
          `Send a share with: segue ${kind} start --bundle ${file} --shard I/N --workspace DIR`,
        ]);
      }),
    );
}

/** `run merge`: the exported journals of a bundle's shares as one. */
export function addMergeCommand(run: Command): void {
  run
    .command('merge <out> <files...>')
    .description('joins the exported journals of a bundle’s shares into OUT and adds them up')
    .option('--allow-missing', 'also when shares are missing; the report names them', false)
    .action(
      async (out: string, files: string[], { allowMissing }: { allowMissing: boolean }, command: Command) => {
        // Needs no workspace, so it runs beside an open one and where there is none.
        const { mergeShares } = await import('../../engine/bundle/merge.ts');
        const progress = startProgress();
        const merged = mergeShares(
          { out, files, allowMissing },
          { signal: new AbortController().signal, progress: progress.report },
        );
        const report = await merged.finally(progress.stop);
        answer(globalOptions(command).json, report, mergeLines);
        process.exitCode = exitCodeOf(report.state);
      },
    );
}

function exitCodeOf(state: MergeReport['state']): number {
  switch (state) {
    case 'completed':
      return EXIT.done;
    case 'completed_with_errors':
      return EXIT.completedWithErrors;
    case 'incomplete':
      return EXIT.pausedOrInterrupted;
  }
}

function mergeLines(report: MergeReport): string[] {
  const { missing, unaccounted } = report;
  return [
    `Bundle ${report.bundle}, ${report.kind} of "${report.workflow}": ${report.state.replaceAll('_', ' ')}`,
    `${count(report.sent)} of ${count(report.planned)} messages sent, ${count(report.parked)} parked, ${count(report.failed)} failed, ` +
      `${count(report.pending)} left, ${count(report.cancelled)} cancelled, ${count(report.possibleDuplicates)} possibly twice`,
    missing.length === 0
      ? `All ${report.of} shares are there and have each message of the bundle once.`
      : `Missing of ${report.of} shares: ${missing.join(', ')} (${count(unaccounted)} messages)`,
    ...table(
      ['share', 'state', 'sent', 'parked', 'failed', 'left', 'planned'],
      report.shares.map((row) => [
        row.index,
        row.state,
        row.sent,
        row.parked,
        row.failed,
        row.pending,
        row.planned,
      ]),
    ),
    `Every message with its outcome: ${report.file}`,
  ];
}
