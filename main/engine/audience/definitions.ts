import { z } from 'zod';
import { audienceRef } from '../../../preload/contract/values.ts';
import { beginBatch, finishBatch } from '../batch/batch.ts';
import type { EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { chooseFormat } from '../input/format.ts';
import { openInput } from '../input/input.ts';
import { type JsonRecord, readJsonRecords } from '../input/records.ts';
import { markRulesChanged } from '../reevaluation/pending.ts';
import { checkFilter } from '../rules/rules.ts';
import { type Db, inTransaction } from '../store/store.ts';
import { audienceNameFault } from './name.ts';
import { type Audience, derivedAudienceId, findAudience, findByHexId } from './store.ts';

/** One definition of an audience file. Other keys are passed over: the source's own export has many more. */
const definition = z.object({
  id: z.string().min(1).max(64).optional(),
  slug: audienceRef.refine((slug) => audienceNameFault(slug) === undefined),
  name: z.string().min(1).max(500).optional(),
  filter: z.string().max(1_100_000).nullish(),
});
type Definition = z.infer<typeof definition>;

/** What each member of a definition has to be, for one that is not. */
const MEMBER_RULES: Record<string, string> = {
  id: '"id" must be a text of 1 to 64 characters, or left out',
  slug: '"slug" must be a text of 1 to 256 characters',
  name: '"name" must be a text of 1 to 500 characters, or left out',
  filter: '"filter" must be the text of a rule, of at most 1,100,000 characters, or null or left out',
};

export interface DefinitionResult {
  created: number;
  updated: number;
  unchanged: number;
}

/** Most definitions of one file: the store keeps memberships of 65,535 audiences. */
const MAX_DEFINITIONS = 65_535;

/**
 * Imports audience definitions, a JSON list or NDJSON of `{id, slug, name, filter?}`, wholly or not at all. A definition
 * whose id or slug is known updates that audience; without an id one is derived from the slug.
 *
 * @throws FILE_FORMAT for an element that is no definition (line and column), RULE_SYNTAX for a filter that does not parse
 * (naming the audience), CONFLICT when id and slug belong to two different audiences
 */
export async function importDefinitions(
  engine: EngineContext,
  path: string,
  signal: AbortSignal,
): Promise<{ counts: DefinitionResult; slugs: ReadonlySet<string> }> {
  const { name, definitions } = await readDefinitions(path, signal);
  const counts: DefinitionResult = { created: 0, updated: 0, unchanged: 0 };
  for (const outcome of storeAll(engine, name, definitions)) counts[outcome] += 1;
  return { counts, slugs: new Set(definitions.map(({ slug }) => slug)) };
}

async function readDefinitions(
  path: string,
  signal: AbortSignal,
): Promise<{ name: string; definitions: Definition[] }> {
  const input = await openInput(path, signal);
  try {
    const format = await chooseFormat(input);
    if (format === 'csv')
      throw new SegueError('FILE_FORMAT', `${input.name} is CSV. Audience definitions are a JSON list.`, {
        path,
      });
    const definitions: Definition[] = [];
    const onReject = ({ line, column, reason }: { line: number; column: number; reason: string }) => {
      throw bad(input.name, { line, column }, reason);
    };
    for await (const records of readJsonRecords(input, format, { onReject })) {
      for (const record of records) definitions.push(readDefinition(input.name, record));
      if (definitions.length > MAX_DEFINITIONS)
        throw bad(input.name, records[0] ?? { line: 1, column: 1 }, `more than ${MAX_DEFINITIONS} audiences`);
    }
    return { name: input.name, definitions };
  } finally {
    await input.close();
  }
}

function readDefinition(name: string, record: JsonRecord): Definition {
  let value: unknown;
  try {
    value = JSON.parse(record.text);
  } catch (error) {
    throw bad(name, record, error instanceof Error ? error.message : 'not valid JSON');
  }
  const parsed = definition.safeParse(value);
  if (!parsed.success) {
    const [member] = parsed.error.issues[0]?.path ?? [];
    throw bad(name, record, definitionFault(value, String(member)));
  }
  checkRuleOf(parsed.data);
  return parsed.data;
}

/** Why a value is no definition, from the first of its members that is wrong. */
function definitionFault(value: unknown, member: string): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'an audience must be an object';
  const slug = 'slug' in value ? value.slug : undefined;
  if (member !== 'slug') return MEMBER_RULES[member] ?? 'not an audience definition';
  if (slug === undefined || slug === null)
    return 'the audience has no "slug". Give it the name by which rules and workflows know it';
  const fault = typeof slug === 'string' ? audienceNameFault(slug) : undefined;
  return fault === undefined ? `${MEMBER_RULES.slug}` : `"slug": ${fault}`;
}

function bad(name: string, { line, column }: { line: number; column: number }, reason: string): SegueError {
  return new SegueError(
    'FILE_FORMAT',
    `${name}, line ${line}, column ${column}: ${reason}. Expected {"id", "slug", "name", "filter"}; nothing was imported.`,
    { path: name, line, column, reason },
  );
}

function checkRuleOf({ slug, filter }: Pick<Definition, 'slug' | 'filter'>): void {
  if (filter === undefined || filter === null) return;
  try {
    checkFilter(filter);
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    throw new SegueError(
      error.code,
      `The rule of audience "${slug}": ${error.message} Nothing was imported.`,
      { ...error.detail, audience: slug },
      error,
    );
  }
}

/**
 * Creates or changes one audience, as the import of a file with this one definition would. A present audience keeps its
 * name where none is given.
 *
 * @throws INVALID_INPUT for a slug that cannot be one, RULE_SYNTAX naming the audience, CONFLICT while an import is running
 */
export function saveDefinition(
  engine: EngineContext,
  { slug: ref, name, filter }: { slug: string; name?: string | undefined; filter: string | null },
): keyof DefinitionResult {
  const { db } = engine.store;
  const present = findAudience(db, ref);
  const slug = present?.slug ?? ref;
  const fault = audienceNameFault(slug);
  if (fault !== undefined)
    throw new SegueError('INVALID_INPUT', `${fault}. Give it another slug.`, { slug: slug.slice(0, 60) });
  checkRuleOf({ slug, filter });
  const [outcome] = storeAll(engine, `audience ${slug}`, [
    { slug, name: name ?? present?.name ?? slug, filter },
  ]);
  return outcome ?? 'unchanged';
}

/** Stores definitions as one batch, in one transaction. */
function storeAll(
  engine: EngineContext,
  source: string,
  definitions: readonly Definition[],
): (keyof DefinitionResult)[] {
  const { db } = engine.store;
  const outcomes = inTransaction(db, () => {
    const startedMs = engine.clock();
    const batch = beginBatch(db, { kind: 'audiences', source, startedMs });
    const stored = definitions.map((one) => store(db, one, batch));
    // Another name for an audience matters too, as rules include audiences by name.
    if (stored.some((outcome) => outcome !== 'unchanged')) markRulesChanged(db);
    finishBatch(db, batch, { endedMs: engine.clock(), result: { entered: 0, exited: 0, rejected: 0 } });
    return stored;
  });
  engine.emit('storeChanged', { tables: ['audience', 'batch'] });
  return outcomes;
}

function store(
  db: Db,
  { id, slug, name = slug, filter = null }: Definition,
  batch: number,
): keyof DefinitionResult {
  const bySlug = db.prepare<[string], number>('SELECT id FROM audience WHERE slug = ?').pluck().get(slug);
  const present = (id === undefined ? undefined : findByHexId(db, id)) ?? findAudience(db, slug);
  if (present === undefined) {
    db.prepare('INSERT INTO audience (hex_id, slug, name, filter, batch_id) VALUES (?, ?, ?, ?, ?)').run(
      id ?? derivedAudienceId(slug),
      slug,
      name,
      filter,
      batch,
    );
    return 'created';
  }
  if (bySlug !== undefined && bySlug !== present.id) {
    throw new SegueError(
      'CONFLICT',
      `The audience "${slug}" has the id of another audience, "${present.slug}". Nothing was imported.`,
      { slug, id, other: present.slug },
    );
  }
  const next = { ...present, hexId: id ?? present.hexId, slug, name, filter };
  if (sameDefinition(present, next)) return 'unchanged';
  replace(db, present, next, batch);
  return 'updated';
}

function sameDefinition(a: Audience, b: Audience): boolean {
  return a.hexId === b.hexId && a.slug === b.slug && a.name === b.name && a.filter === b.filter;
}

function replace(db: Db, present: Audience, next: Audience, batch: number): void {
  // The first replacement in a batch keeps what was there before it; created by the batch itself, nothing was.
  db.prepare(
    `INSERT OR IGNORE INTO audience_replaced
     SELECT @batch, id, hex_id, slug, name, filter FROM audience WHERE id = @id AND batch_id IS NOT @batch`,
  ).run({ batch, id: present.id });
  db.prepare('UPDATE audience SET hex_id = ?, slug = ?, name = ?, filter = ? WHERE id = ?').run(
    next.hexId,
    next.slug,
    next.name,
    next.filter,
    next.id,
  );
}
