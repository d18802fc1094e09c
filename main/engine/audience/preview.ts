import { setImmediate } from 'node:timers/promises';
import type { RulePreview, RuleWarning, UserGroup } from '../../../preload/contract/audience.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { instantOfMs } from '../core/instant.ts';
import { membershipsOf } from '../membership/membership.ts';
import { countProfiles, lastProfileId, openProfilesById } from '../profile/all.ts';
import type { ProfileById } from '../profile/body-pack.ts';
import { sampleFields } from '../profile/list.ts';
import { contextWithMemberships, resolveIncludes } from '../reevaluation/rule-set.ts';
import { type CompiledRule, compileFilter, contextFromProfileText, parseFilter } from '../rules/rules.ts';
import type { Db } from '../store/store.ts';
import { type Audience, derivedAudienceId, findAudience, listAudiences } from './store.ts';
import { warningsOf } from './warnings.ts';

/** Profiles that a sample evaluates. */
const SAMPLE_PROFILES = 1000;
const SAMPLE_USERS = 10;
/** Longest that the evaluation holds the event loop, in milliseconds. */
const SLICE_MS = 10;
/** Rows read with one statement in exact mode; no statement stays open while other work runs. */
const PAGE_ROWS = 64;

/**
 * Evaluates a rule that is not stored, on every profile or on a sample of them, at the present instant, and compares with
 * the present members of the audience that it is meant for. Reads only.
 *
 * @throws RULE_SYNTAX; CANCELLED when the signal is aborted
 */
export async function previewRule(
  engine: EngineContext,
  { text, slug, mode }: { text: string; slug?: string | undefined; mode: 'sample' | 'exact' },
  { signal, progress }: Pick<CallContext, 'signal' | 'progress'>,
): Promise<RulePreview> {
  const { db } = engine.store;
  const present = slug === undefined ? undefined : findAudience(db, slug);
  const candidate = compileCandidate(db, { text, slug, present });
  const at = instantOfMs(engine.clock());
  const total = countProfiles(db);
  const groups = { matching: group(), notMatching: group(), entering: group(), leaving: group() };
  let looked = 0;
  let unanswered = 0;

  function look({ userId, text }: ProfileById): void {
    const memberOf = candidate.needsMemberships
      ? membershipsOf(db, userId).map(({ audienceId }) => audienceId)
      : [];
    const context = candidate.includesImported
      ? contextWithMemberships(text, memberOf)
      : contextFromProfileText(text);
    const answer = candidate.rule.matches(context, at);
    const matches = answer === true;
    const isMember = present !== undefined && memberOf.includes(present.id);
    if (answer === 'error') unanswered += 1;
    add(matches ? groups.matching : groups.notMatching, userId);
    if (matches && !isMember) add(groups.entering, userId);
    if (!matches && isMember) add(groups.leaving, userId);
  }

  const startedAt = performance.now();
  const report = () => {
    const perSecond = looked / Math.max(0.001, (performance.now() - startedAt) / 1000);
    const goal = mode === 'sample' ? Math.min(SAMPLE_PROFILES, total) : total;
    progress({
      phase: mode,
      done: looked,
      total: goal,
      unit: 'rows',
      rows: looked,
      perSecond,
      secondsLeft: Math.max(0, goal - looked) / Math.max(1, perSecond),
    });
  };
  let until = startedAt + SLICE_MS;
  for (const row of mode === 'sample' ? spreadProfiles(db) : allProfiles(db)) {
    look(row);
    looked += 1;
    if (performance.now() < until) continue;
    report();
    await setImmediate();
    if (signal.aborted) throw new SegueError('CANCELLED', 'Cancelled. Nothing was changed.');
    until = performance.now() + SLICE_MS;
  }
  report();
  const { matching, notMatching, entering, leaving } = groups;
  return {
    mode,
    looked,
    total,
    matching,
    notMatching,
    unanswered,
    entering: slug === undefined ? null : entering,
    leaving: slug === undefined ? null : leaving,
    warnings: candidate.warnings,
  };
}

interface Candidate {
  readonly rule: CompiledRule;
  readonly includesImported: boolean;
  readonly needsMemberships: boolean;
  readonly warnings: RuleWarning[];
}

/** Compiles the text as if it were the rule of its audience already, so that a rule that includes itself is noticed. */
function compileCandidate(
  db: Db,
  { text, slug, present }: { text: string; slug: string | undefined; present: Audience | undefined },
): Candidate {
  const stored = listAudiences(db);
  const audiences = stored.map((one) => (one.id === present?.id ? { ...one, filter: text } : one));
  if (present === undefined && slug !== undefined)
    audiences.push({ id: 0, hexId: derivedAudienceId(slug), slug, name: slug, filter: text });
  const imported = new Set<number>();
  const rule = compileFilter(parseFilter(text), {
    resolveInclude: resolveIncludes(audiences, (id) => imported.add(id)),
  });
  return {
    rule,
    includesImported: imported.size > 0,
    needsMemberships: imported.size > 0 || present !== undefined,
    warnings: warningsOf(text, {
      audiences,
      fields: sampleFields(db),
      unresolved: rule.unresolvedIncludes,
    }),
  };
}

function group(): UserGroup {
  return { count: 0, users: [] };
}

function add(to: UserGroup, userId: string): void {
  to.count += 1;
  if (to.users.length < SAMPLE_USERS) to.users.push(userId);
}

function* allProfiles(db: Db): Generator<ProfileById, void, void> {
  const next = openProfilesById(db);
  for (let page = next(0, PAGE_ROWS); page.length > 0; page = next(page.at(-1)?.id ?? 0, PAGE_ROWS))
    yield* page;
}

/** Profiles at even distances; a store that is no larger than the sample gives all it has. */
function* spreadProfiles(db: Db): Generator<ProfileById, void, void> {
  const step = Math.max(1, lastProfileId(db) / SAMPLE_PROFILES);
  const next = openProfilesById(db);
  let from = 1;
  for (let [one] = next(from - 1, 1); one !== undefined; [one] = next(from - 1, 1)) {
    yield one;
    // A gap in the ids must not give its next neighbour twice.
    from = Math.max(one.id + 1, Math.floor((Math.floor((one.id - 1) / step) + 1) * step) + 1);
  }
}
