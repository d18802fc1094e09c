import { sha256 } from '../core/crypto.ts';
import { SegueError } from '../core/errors.ts';
import { nearestName } from '../core/nearest.ts';
import { MAX_AUDIENCE_ID } from '../membership/segment.ts';
import type { Db } from '../store/store.ts';

/** An audience as it is stored. A filter makes it a rule audience, otherwise its memberships are imported. */
export interface Audience {
  /** Row id: what memberships and changes refer to. */
  readonly id: number;
  /** The source's id, mostly 32 hex digits. */
  readonly hexId: string;
  readonly slug: string;
  readonly name: string;
  readonly filter: string | null;
}

const COLUMNS = 'id, hex_id AS hexId, slug, name, filter';

/** Every audience in the order of its slug. */
export function listAudiences(db: Db): Audience[] {
  return db.prepare<[], Audience>(`SELECT ${COLUMNS} FROM audience ORDER BY slug`).all();
}

/** An audience by its slug or its id; a slug goes first, since a slug may look like another one's id. */
export function findAudience(db: Db, ref: string): Audience | undefined {
  return (
    db.prepare<[string], Audience>(`SELECT ${COLUMNS} FROM audience WHERE slug = ?`).get(ref) ??
    db.prepare<[string], Audience>(`SELECT ${COLUMNS} FROM audience WHERE hex_id = ?`).get(ref)
  );
}

/** An audience by its row id. */
export function audienceById(db: Db, id: number): Audience | undefined {
  return db.prepare<[number], Audience>(`SELECT ${COLUMNS} FROM audience WHERE id = ?`).get(id);
}

/**
 * An audience by its slug or its id.
 *
 * @throws AUDIENCE_NOT_FOUND naming the nearest slug, where there is one
 */
export function requireAudience(db: Db, ref: string): Audience {
  const found = findAudience(db, ref);
  if (found !== undefined) return found;
  const slugs = db.prepare<[], string>('SELECT slug FROM audience ORDER BY slug').pluck().all();
  const nearest = nearestName(ref, slugs);
  throw new SegueError(
    'AUDIENCE_NOT_FOUND',
    `There is no audience "${ref.slice(0, 100)}". ${
      nearest === undefined ? 'List them with audience list.' : `Did you mean "${nearest}"?`
    }`,
    { audience: ref.slice(0, 100), ...(nearest === undefined ? {} : { nearest }) },
  );
}

/** The id of an audience whose source gave none: the first 32 hex digits of the SHA-256 of its slug. */
export function derivedAudienceId(slug: string): string {
  return sha256(slug).slice(0, 32);
}

/** How data names an audience: `slug` may be an id where only one text is known. */
export interface AudienceName {
  readonly slug: string;
  readonly hexId?: string;
}

/**
 * Finds the audience that imported data names, or creates it as an imported one of this batch (undoing the batch removes
 * it). With both names the id decides. Runs in the caller's transaction.
 *
 * @throws LIMIT_EXCEEDED for the audience after the last that a workspace can hold
 */
export function ensureAudience(
  db: Db,
  { slug, hexId }: AudienceName,
  batch: number,
): Audience & { created: boolean } {
  const found = (hexId === undefined ? undefined : findByHexId(db, hexId)) ?? findAudience(db, slug);
  if (found !== undefined) return { ...found, created: false };
  refuseTooMany(db);
  const id = hexId ?? (/^[0-9a-f]{32}$/.test(slug) ? slug : derivedAudienceId(slug));
  const { lastInsertRowid } = db
    .prepare('INSERT INTO audience (hex_id, slug, name, filter, batch_id) VALUES (?, ?, ?, NULL, ?)')
    .run(id, slug, slug, batch);
  return { id: Number(lastInsertRowid), hexId: id, slug, name: slug, filter: null, created: true };
}

/** Refuses an audience whose memberships could not be kept, before millions of profiles were read for nothing. */
function refuseTooMany(db: Db): void {
  const last = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM audience').pluck().get() ?? 0;
  if (last < MAX_AUDIENCE_ID) return;
  throw new SegueError(
    'LIMIT_EXCEEDED',
    `A workspace keeps memberships of at most ${MAX_AUDIENCE_ID} audiences. Check that "segments" names audiences, or use another workspace for more.`,
    { limit: MAX_AUDIENCE_ID },
  );
}

/** An audience by its id alone. */
export function findByHexId(db: Db, hexId: string): Audience | undefined {
  return db.prepare<[string], Audience>(`SELECT ${COLUMNS} FROM audience WHERE hex_id = ?`).get(hexId);
}

/** Whether any audience has a rule. */
export function hasRules(db: Db): boolean {
  return (
    db
      .prepare<[], number>('SELECT EXISTS (SELECT 1 FROM audience WHERE filter IS NOT NULL)')
      .pluck()
      .get() === 1
  );
}

/** Looks audiences up for an import that meets the same few names over and over, and remembers which it created. */
export interface AudienceResolver {
  /** Row id of the audience that data names, created when unknown. Call it inside the write transaction. */
  idOf(name: AudienceName): number;
  /** Slugs that were created, in order. */
  readonly created: readonly string[];
  /** Row ids of audiences that have a rule: no import decides who is in them. */
  readonly ruleIds: ReadonlySet<number>;
}

/** A resolver for one batch. */
export function createAudienceResolver(db: Db, batch: number): AudienceResolver {
  const known = new Map<string, number>();
  const created: string[] = [];
  const ruleIds = new Set(
    db.prepare<[], number>('SELECT id FROM audience WHERE filter IS NOT NULL').pluck().all(),
  );
  return {
    idOf(name) {
      const key = name.hexId === undefined ? name.slug : JSON.stringify([name.hexId, name.slug]);
      const present = known.get(key);
      if (present !== undefined) return present;
      const audience = ensureAudience(db, name, batch);
      if (audience.created) created.push(audience.slug);
      known.set(key, audience.id);
      return audience.id;
    },
    created,
    ruleIds,
  };
}
