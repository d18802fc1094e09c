import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatInstant, instantOfMs } from '../../../main/engine/core/instant.ts';
import { membershipsOf } from '../../../main/engine/membership/membership.ts';
import { importSnapshot, type SnapshotImport } from '../../../main/engine/snapshot/import.ts';
import { type Db, openStore, type Store } from '../../../main/engine/store/store.ts';
import type { ImportResult } from '../../../preload/contract/profile.ts';

export const DAY_MS = 86_400_000;
/** Instant number `n` of a test: whole days, so that texts are short. */
export const day = (n: number) => instantOfMs(n * DAY_MS);
export const dayText = (n: number) => formatInstant(day(n));

/** A workspace in a temporary folder. */
export interface TestWorkspace {
  readonly dir: string;
  readonly store: Store;
  /** Writes a file into the folder and gives its path. */
  file(name: string, content: string | Uint8Array): string;
  snapshot(path: string, at: number, options?: Partial<SnapshotImport>): Promise<ImportResult>;
  remove(): void;
}

export function openTestWorkspace(): TestWorkspace {
  const dir = mkdtempSync(join(tmpdir(), 'segue-snapshot-'));
  const store = openStore(dir);
  return {
    dir,
    store,
    file(name, content) {
      const path = join(dir, name);
      writeFileSync(path, content);
      return path;
    },
    snapshot: (path, at, options) => runSnapshot(store.db, path, at, options),
    remove() {
      store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Imports a snapshot of day `at` in this process. */
export function runSnapshot(
  db: Db,
  path: string,
  at: number,
  options: Partial<SnapshotImport> = {},
  cancelled: () => boolean = () => false,
): Promise<ImportResult> {
  const spec: SnapshotImport = {
    path,
    at: day(at),
    format: undefined,
    key: 'user_id',
    partial: false,
    dryRun: false,
    strict: false,
    out: undefined,
    ...options,
  };
  return importSnapshot(db, spec, {
    alone: at % 2 === 0,
    nowMs: () => 1,
    cancelled,
    progress: () => undefined,
  });
}

interface HistoryRow {
  user_id: string;
  slug: string;
  event: number;
  at_ms: number;
  enter_ms: number;
  exit_ms: number | null;
}

/** One change as a line: `user slug enter|exit at=day enter=day exit=day`, sorted, so that models can be compared. */
export function historyLines(db: Db): string[] {
  return db
    .prepare<[], HistoryRow>(
      `SELECT user_id, slug, event, at_ms, enter_ms, exit_ms FROM (
         SELECT user_id, audience_id, event, at_ms, enter_ms, exit_ms FROM change
         UNION ALL SELECT user_id, audience_id, event, at_ms, enter_ms, exit_ms FROM packed_change
       ) LEFT JOIN audience ON audience.id = audience_id`,
    )
    .all()
    .map((row) =>
      changeLine(
        row.user_id,
        row.slug,
        row.event === 1 ? 'enter' : 'exit',
        row.at_ms / DAY_MS,
        row.enter_ms / DAY_MS,
        row.exit_ms === null ? null : row.exit_ms / DAY_MS,
      ),
    )
    .sort();
}

export function changeLine(
  userId: string,
  slug: string,
  event: 'enter' | 'exit',
  at: number,
  enter: number,
  exit: number | null,
): string {
  return `${userId} ${slug} ${event} at=${at} enter=${enter} exit=${exit ?? '-'}`;
}

/** A user's memberships as slug → day of entering. */
export function membershipDays(db: Db, userId: string): Record<string, number> {
  const slugOf = db.prepare<[number], string>('SELECT slug FROM audience WHERE id = ?').pluck();
  return Object.fromEntries(
    membershipsOf(db, userId)
      .map(({ audienceId, enteredAt }): [string, number] => [
        slugOf.get(audienceId) ?? `?${audienceId}`,
        enteredAt.ms / DAY_MS,
      ])
      .sort(),
  );
}
