import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '../../main/engine/engine.ts';
import { writeSnapshot } from './diff/data.ts';
import { writeProfiles } from './import/data.ts';

/** What a store holds after an import. */
interface Size {
  readonly bytes: number;
  readonly changes: number;
}

/**
 * How much store and history grow when the next day's export is imported, in which two percent differ, against what the first
 * one took: membership snapshots, and profiles with `segments`. Imported once more, nothing grows.
 *
 * Options: --users N (200000), --seed N (1).
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { users: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' } },
  });
  const users = Number(values.users);
  const folder = mkdtempSync(join(tmpdir(), 'segue-bench-growth-'));
  const path = (kind: string, day: number) => join(folder, `${kind}-${day}`);
  try {
    for (const day of [0, 1] as const) {
      writeSnapshot(path('snapshot', day), { users, seed: Number(values.seed) }, day);
      writeProfiles(path('profiles', day), { users, day, segments: true });
    }
    console.log(
      `${users} users; growth by a day in which two percent changed, as a share of the first day's`,
    );
    for (const kind of ['snapshot', 'profiles'] as const) {
      const workspace = join(folder, `store-${kind}`);
      const sizes: Size[] = [];
      for (const [n, day] of [0, 1, 1].entries())
        sizes.push(
          await sizeAfter(workspace, kind, { path: path(kind, day), at: `2026-11-0${n + 1}T00:00:00Z` }),
        );
      print(kind, sizes);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sizeAfter(
  dir: string,
  kind: 'snapshot' | 'profiles',
  { path, at }: { path: string; at: string },
): Promise<Size> {
  const first = await openEngine({ dir, assetsDir: '', clock: () => Date.parse(at) });
  if (kind === 'snapshot') await first.call('snapshot.import', { path, format: 'csv', at });
  else await first.call('profile.import', { path, format: 'ndjson', at });
  await first.close();
  // What an import leaves to the next opening counts too.
  const engine = await openEngine({ dir, assetsDir: '', clock: () => Date.parse(at) });
  const { count } = await engine.call('history.count', {});
  const { db } = engine.context.store;
  const pragma = (name: string) => Number(db.pragma(name, { simple: true }));
  // Pages that the first import left free would hide what the next one takes.
  const bytes = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  await engine.close();
  return { bytes, changes: count };
}

function print(kind: string, [first, changed, same]: readonly Size[]): void {
  if (first === undefined || changed === undefined || same === undefined) return;
  const share = (after: number, before: number, of: number) =>
    `${(((after - before) / of) * 100).toFixed(2)} %`;
  console.log(
    `${kind.padEnd(10)}first day ${(first.bytes / 1e6).toFixed(1)} MB, ${first.changes} changes;  ` +
      `2 % changed: store + ${share(changed.bytes, first.bytes, first.bytes)}, history + ${share(changed.changes, first.changes, first.changes)};  ` +
      `the same again: store + ${share(same.bytes, changed.bytes, first.bytes)}, history + ${share(same.changes, changed.changes, first.changes)}`,
  );
}
