import { audienceNameFault } from '../audience/name.ts';
import { derivedAudienceId } from '../audience/store.ts';
import { SegueError } from '../core/errors.ts';
import { MAX_AUDIENCE_ID } from '../membership/segment.ts';
import type { Db } from '../store/store.ts';

/** An audience as an import sees it. Imports number audiences from 0; `id` is the row id, planned for a new one. */
export interface ImportAudience {
  readonly id: number;
  readonly slug: string;
  readonly hexId: string;
  /** It has a rule: what it holds is computed, and no import may decide it. */
  readonly rule: boolean;
  readonly created: boolean;
}

/** The audiences of the store and those that an import comes across. */
export interface ImportAudiences {
  readonly all: readonly ImportAudience[];
  /** The number of a slug or id, planned as a new audience when unknown; or why it cannot be one. */
  resolve(ref: string): number | string;
  /** As `resolve`, for a row that is about this audience alone: one with a rule is a reason to reject it. */
  resolveImported(ref: string): number | string;
}

const HEX_ID = /^[0-9a-f]{32}$/;

/** Loads the store's audiences. New ones get the row ids behind the last, and are inserted when the import takes effect. */
export function loadAudiences(db: Db): ImportAudiences {
  const all: ImportAudience[] = db
    .prepare<[], { id: number; slug: string; hexId: string; rule: number }>(
      'SELECT id, slug, hex_id AS hexId, filter IS NOT NULL AS rule FROM audience ORDER BY id',
    )
    .all()
    .map((row) => ({ ...row, rule: row.rule === 1, created: false }));
  const known = new Map<string, number>();
  for (const [number, { hexId }] of all.entries()) known.set(hexId, number);
  // A slug goes before another audience's id.
  for (const [number, { slug }] of all.entries()) known.set(slug, number);
  let nextId = Math.max(
    0,
    ...all.map(({ id }) => id),
    db.prepare<[], number>('SELECT coalesce(max(audience_id), 0) FROM membership_count').pluck().get() ?? 0,
  );

  function plan(ref: string): number | string {
    const fault = audienceNameFault(ref);
    if (fault !== undefined) return fault;
    if (nextId === MAX_AUDIENCE_ID) {
      throw new SegueError(
        'LIMIT_EXCEEDED',
        `The file names more audiences than the ${MAX_AUDIENCE_ID} that a workspace can hold. Check that its audience column is the right one.`,
        { limit: MAX_AUDIENCE_ID },
      );
    }
    nextId += 1;
    const hexId = HEX_ID.test(ref) ? ref : derivedAudienceId(ref);
    all.push({ id: nextId, slug: ref, hexId, rule: false, created: true });
    known.set(ref, all.length - 1);
    return all.length - 1;
  }

  const resolve = (ref: string) => known.get(ref) ?? plan(ref);
  return {
    all,
    resolve,
    resolveImported(ref) {
      const number = resolve(ref);
      if (typeof number === 'string' || all[number]?.rule !== true) return number;
      return `The audience "${ref}" has a rule, so its members are computed and no snapshot decides them`;
    },
  };
}

/**
 * Inserts the audiences that an import created, in the transaction in which it takes effect.
 *
 * @throws CONFLICT when another audience took a planned place meanwhile
 */
export function insertAudiences(db: Db, audiences: Iterable<ImportAudience>, batch: number): void {
  const insert = db.prepare(
    'INSERT INTO audience (id, hex_id, slug, name, filter, batch_id) VALUES (?, ?, ?, ?, NULL, ?) ON CONFLICT DO NOTHING',
  );
  for (const { id, hexId, slug, created } of audiences) {
    if (!created || insert.run(id, hexId, slug, slug, batch).changes === 1) continue;
    throw new SegueError(
      'CONFLICT',
      `The audience "${slug}" was created by something else during the import. Nothing was kept; import the file again.`,
      { audience: slug },
    );
  }
}
