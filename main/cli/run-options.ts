import { type Command, Option } from 'commander';
import { addSelectionOptions, type SelectionOptions, selectionOf } from './commands/history.ts';
import { given, positiveInteger, positiveNumber, shardArgument } from './options.ts';

/** Which changes a run sends: the options of `replay …` and `bundle`. */
export interface RunSelectionOptions extends SelectionOptions {
  notSent: boolean;
  failedIn?: string;
}

/** How a run is chosen, paced and bounded. */
export interface PaceOptions extends RunSelectionOptions {
  rate?: number;
  concurrency?: number;
  profile?: 'as-of' | 'current';
  dryRun: boolean;
  max?: number;
  stopAfter?: number;
  shard?: { index: number; of: number };
  requireValid: boolean;
}

/** What a person gave to allow a send. */
export interface GuardOptions {
  confirm?: string;
  trustHost?: string;
}

/** The options that choose what a run sends. */
export function addRunSelectionOptions(command: Command): Command {
  return addSelectionOptions(command)
    .option('--not-sent', 'only what this workflow has not sent yet to its queue', false)
    .option('--failed-in <run>', 'only what is parked or failed in this run');
}

/** The contract's selection of {@link addRunSelectionOptions}. */
export function runSelectionOf(options: RunSelectionOptions) {
  const { notSent, failedIn } = options;
  return { ...selectionOf(options), ...given({ notSent, failedIn }) };
}

/** The options that choose, pace and bound a run. */
export function addPaceOptions(command: Command): Command {
  return addRunSelectionOptions(command)
    .option('--rate <n>', 'messages per second at most', positiveNumber)
    .option('--concurrency <n>', 'requests in flight at most', positiveInteger)
    .addOption(
      new Option('--profile <which>', 'the profile as it was or as it is').choices(['as-of', 'current']),
    )
    .option('--dry-run', 'everything but the request', false)
    .option('--max <n>', 'refuse to start with more messages than this', positiveInteger)
    .option('--stop-after <n>', 'stop after so many failures', positiveInteger)
    .option('--shard <i/n>', 'only this share, by user', shardArgument)
    .option('--require-valid', 'park messages that break the workflow’s JSON Schema', false);
}

/** The options with which a person allows a send. */
export function addGuardOptions(command: Command): Command {
  return command
    .option('--confirm <name>', 'the workflow’s name, needed for production')
    .option('--trust-host <host>', 'confirm a host outside AWS, once');
}

/** The contract's selection and options of {@link addPaceOptions}. */
export function requestOf(options: PaceOptions) {
  const { rate, concurrency, profile, dryRun, max, stopAfter, shard, requireValid } = options;
  return {
    selection: runSelectionOf(options),
    options: given({ rate, concurrency, profile, dryRun, max, stopAfter, shard, requireValid }),
  };
}

/** The contract's consent of the guard options. */
export function guardsOf({ confirm, trustHost }: GuardOptions) {
  return given({ confirm, trustHost });
}
