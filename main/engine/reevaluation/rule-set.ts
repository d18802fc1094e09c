import type { Audience } from '../audience/store.ts';
import { listAudiences } from '../audience/store.ts';
import type { Instant } from '../core/instant.ts';
import {
  type CompiledRule,
  compileFilter,
  contextFromProfileText,
  createLayout,
  type ProfileContext,
  parseFilter,
  type ResolveInclude,
  type Scope,
  scopeOf,
} from '../rules/rules.ts';
import type { Db } from '../store/store.ts';
import type { TimedRules } from './plan.ts';

/** The rule audiences of a workspace, compiled over one layout, so that a profile is read once for all of them. */
export interface RuleSet {
  /** Every rule: what new data can change. */
  readonly audienceIds: ReadonlySet<number>;
  /** Row ids of the rule audiences that match a profile at an instant. */
  matching(context: ProfileContext, at: Instant): ReadonlySet<number>;
  /** The rules that time can change, which alone have to be asked when only time has passed. */
  timed(context: ProfileContext): TimedRules;
  /** Imported audiences that a rule includes: a change of membership there can change what the rule says. */
  readonly includedIds: ReadonlySet<number>;
  /**
   * A profile as the rules see it.
   *
   * @param memberOf row ids of the audiences the user is in, for INCLUDE of imported ones
   */
  context(text: string, memberOf: Iterable<number>): ProfileContext;
}

/** Names the field by which a rule sees membership in an imported audience; no profile of the source has such names. */
function membershipField(audienceId: number): string {
  return `_segue_member_${audienceId}`;
}

/**
 * Resolves INCLUDE by slug, id or name in any case: a rule audience by its rule, an imported one by membership.
 *
 * @param onImported told of each imported audience that is included
 */
export function resolveIncludes(
  audiences: readonly Audience[],
  onImported: (audienceId: number) => void = () => undefined,
): ResolveInclude {
  const byName = new Map<string, Audience>();
  for (const audience of audiences) {
    for (const name of [audience.name, audience.hexId, audience.slug])
      byName.set(name.toLowerCase(), audience);
  }
  return (lowerName) => {
    const audience = byName.get(lowerName);
    if (audience === undefined) return undefined;
    if (audience.filter !== null) return parseFilter(audience.filter);
    onImported(audience.id);
    return parseFilter(`FILTER ${membershipField(audience.id)} == true`);
  };
}

/** A profile as rules see it, with the membership fields of {@link resolveIncludes}. */
export function contextWithMemberships(text: string, memberOf: Iterable<number>): ProfileContext {
  const profile = contextFromProfileText(text);
  const fields = new Set([...memberOf].map(membershipField));
  return {
    get: (name) => (fields.has(name) ? true : profile.get(name)),
    entries: () => profile.entries(),
    scope: undefined,
  };
}

interface RuleOfAudience {
  readonly id: number;
  readonly rule: CompiledRule;
}

/** Compiles the rules of all audiences that have one. */
export function loadRuleSet(db: Db): RuleSet {
  const audiences = listAudiences(db);
  const includedIds = new Set<number>();
  const resolveInclude = resolveIncludes(audiences, (id) => includedIds.add(id));
  const layout = createLayout();
  const all = audiences.flatMap(({ id, filter }): RuleOfAudience[] =>
    filter === null ? [] : [{ id, rule: compileFilter(parseFilter(filter), { resolveInclude, layout }) }],
  );
  const timed = all.filter(({ rule }) => rule.timeDependent);
  const timedIds = new Set(timed.map(({ id }) => id));
  return {
    audienceIds: new Set(all.map(({ id }) => id)),
    matching: (context, at) => matchingOf(all, scopeOf(layout, context, at)),
    timed: (context) => ({
      audienceIds: timedIds,
      matching: (at) => matchingOf(timed, scopeOf(layout, context, at)),
      nextMs: (at) => nextMsOf(timed, scopeOf(layout, context, at)),
    }),
    includedIds,
    context: (text, memberOf) =>
      includedIds.size === 0 ? contextFromProfileText(text) : contextWithMemberships(text, memberOf),
  };
}

function matchingOf(rules: readonly RuleOfAudience[], scope: Scope): ReadonlySet<number> {
  const matching = new Set<number>();
  for (const { id, rule } of rules) if (rule.run(scope) === true) matching.add(id);
  return matching;
}

function nextMsOf(rules: readonly RuleOfAudience[], scope: Scope): number | null {
  let nextMs: number | null = null;
  for (const { rule } of rules) {
    const changeSec = rule.nextChangeSec(scope);
    if (changeSec !== undefined && (nextMs === null || changeSec * 1000 < nextMs)) nextMs = changeSec * 1000;
  }
  return nextMs;
}
