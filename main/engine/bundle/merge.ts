import type { BundleManifest, bundleCalls, MergeReport, ShareRow } from '../../../preload/contract/bundle.ts';
import type { ParsedInputOf } from '../../../preload/contract/call.ts';
import type { MessageState } from '../../../preload/contract/run.ts';
import type { CallContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { writeWhole } from '../output/whole-file.ts';
import { createMessageDigest, type MessageDigest } from './digest.ts';
import type { ShareHeader } from './share.ts';
import { readShareHeader, readShareLines } from './share-file.ts';

interface ShareFile {
  readonly file: string;
  readonly header: ShareHeader;
}

interface Whole {
  readonly bundle: BundleManifest;
  readonly of: number;
  /** In the order of their index. */
  readonly shares: readonly ShareFile[];
  readonly missing: readonly number[];
}

/**
 * Joins the exported journals of a bundle's shares: one file with every message and its outcome (each line with its
 * `shard`), and one report. When every share is there, the messages are shown to be exactly those of the bundle by their
 * number and their checksum.
 *
 * @throws CONFLICT for files of different bundles, of different divisions, for a share that is there twice, a dry run, and
 * shares that do not add up; NOT_FOUND for missing shares unless they are allowed; FILE_FORMAT for a file that was cut off
 */
export async function mergeShares(
  { files, out, allowMissing }: ParsedInputOf<typeof bundleCalls.merge>,
  { signal, progress }: Pick<CallContext, 'signal' | 'progress'>,
): Promise<MergeReport> {
  const found: ShareFile[] = [];
  for (const file of files) found.push({ file, header: await readShareHeader(file, signal) });
  const whole = requireWhole(found, allowMissing);
  const digest = createMessageDigest();
  const rows: ShareRow[] = [];
  let done = 0;
  await writeWhole(out, async (write) => {
    for (const share of whole.shares) {
      const row = await copyShare(share, write, digest, signal);
      rows.push(row);
      done += row.planned;
      progress({
        phase: 'merging',
        done,
        total: whole.bundle.messages,
        unit: 'messages',
        rows: done,
        perSecond: 0,
        secondsLeft: null,
      });
    }
    if (whole.missing.length === 0) requireExact(whole.bundle, done, digest.value());
  });
  return reportOf(whole, rows, out);
}

function requireWhole(found: readonly ShareFile[], allowMissing: boolean): Whole {
  const [first] = found;
  if (first === undefined) throw new SegueError('INVALID_INPUT', 'A merge needs the files of the shares.');
  const { bundle, shard } = first.header;
  const byIndex = new Map<number, ShareFile>();
  for (const share of found) {
    const { header, file } = share;
    if (header.bundle.id !== bundle.id) {
      throw refused(
        `${file} is of another bundle (${header.bundle.id}) than ${first.file} (${bundle.id})`,
        file,
      );
    }
    if (header.shard.of !== shard.of) {
      throw refused(`${file} is one of ${header.shard.of} shares, ${first.file} one of ${shard.of}`, file);
    }
    if (header.dryRun) throw refused(`${file} is the journal of a dry run, which sent nothing`, file);
    const other = byIndex.get(header.shard.index);
    if (other !== undefined) {
      throw refused(`${file} and ${other.file} are both share ${header.shard.index}/${shard.of}`, file);
    }
    byIndex.set(header.shard.index, share);
  }
  const missing = Array.from({ length: shard.of }, (_, index) => index).filter(
    (index) => !byIndex.has(index),
  );
  if (missing.length > 0 && !allowMissing) {
    throw new SegueError(
      'NOT_FOUND',
      `Missing of ${shard.of} shares: ${missing.slice(0, 20).join(', ')}${missing.length > 20 ? ', …' : ''}. Add their files, or merge what there is with --allow-missing.`,
      { missing: missing.slice(0, 1000), of: shard.of },
    );
  }
  const shares = [...byIndex.values()].sort((a, b) => a.header.shard.index - b.header.shard.index);
  return { bundle, of: shard.of, shares, missing };
}

function refused(what: string, file: string): SegueError {
  return new SegueError('CONFLICT', `${what}. Nothing was merged.`, { file });
}

async function copyShare(
  { file, header }: ShareFile,
  write: (text: string) => Promise<void>,
  digest: MessageDigest,
  signal: AbortSignal,
): Promise<ShareRow> {
  const counts: Record<MessageState, number> = {
    pending: 0,
    in_flight: 0,
    sent: 0,
    parked: 0,
    failed: 0,
    cancelled: 0,
  };
  let planned = 0;
  let possibleDuplicates = 0;
  for await (const lines of readShareLines(file, signal)) {
    for (const { row } of lines) {
      planned += 1;
      counts[row.state] += 1;
      if (row.possibleDuplicate) possibleDuplicates += 1;
      digest.add(row.userId, row.at);
    }
    await write(lines.map(({ text }) => `{"shard":${header.shard.index},${text.trim().slice(1)}\n`).join(''));
  }
  if (planned !== header.planned) {
    throw new SegueError(
      'FILE_FORMAT',
      `${file} has ${planned} of ${header.planned} messages: it was cut off. Export the run again.`,
      { file, messages: planned, planned: header.planned },
    );
  }
  const { pending, in_flight, ...settled } = counts;
  return {
    index: header.shard.index,
    run: header.run,
    state: header.state,
    planned,
    ...settled,
    pending: pending + in_flight,
    possibleDuplicates,
  };
}

function requireExact({ id, messages, digest }: BundleManifest, planned: number, found: string): void {
  if (planned === messages && found === digest) return;
  throw new SegueError(
    'CONFLICT',
    `The shares have ${planned} messages, the bundle ${messages}${planned === messages ? ', but not the same ones' : ''}. Run the shares from the bundle ${id} as it was made.`,
    { bundle: id, planned, messages },
  );
}

function reportOf({ bundle, of, missing }: Whole, shares: ShareRow[], file: string): MergeReport {
  const total = (name: keyof Omit<ShareRow, 'index' | 'run' | 'state'>) =>
    shares.reduce((sum, share) => sum + share[name], 0);
  const planned = total('planned');
  const [parked, failed, pending, cancelled] = [
    total('parked'),
    total('failed'),
    total('pending'),
    total('cancelled'),
  ];
  const open = missing.length > 0 || pending > 0 || cancelled > 0;
  return {
    bundle: bundle.id,
    workflow: bundle.workflow,
    kind: bundle.kind,
    of,
    state: open ? 'incomplete' : parked + failed > 0 ? 'completed_with_errors' : 'completed',
    missing: [...missing],
    shares,
    planned,
    sent: total('sent'),
    failed,
    parked,
    pending,
    cancelled,
    possibleDuplicates: total('possibleDuplicates'),
    unaccounted: bundle.messages - planned,
    file,
  };
}
