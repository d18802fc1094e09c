import type { Audience } from '../audience/store.ts';
import { listAudiences } from '../audience/store.ts';
import type { Instant } from '../core/instant.ts';
import {
  type CompiledRule,
  compileFilter,
  contextFromProfileText,
  createLayout,
  type FieldLayout,
  type ProfileContext,
  parseFilter,
  type ResolveInclude,
  scopeOf,
} from '../rules/rules.ts';
import type { Db } from '../store/store.ts';

/** The rule audiences of a workspace. */
export interface RuleSet {
  /** Every rule: what new data can change. */
  readonly all: RuleGroup;
  /** The rules that time can change, which alone have to be asked when only time has passed. */
  readonly timed: RuleGroup;
  /** Imported audiences that a rule includes: a change of membership there can change what the rule says. */
  readonly includedIds: ReadonlySet<number>;
  /**
   * A profile as the rules see it.
   *
   * @param memberOf row ids of the audiences the user is in, for INCLUDE of imported ones
   */
  context(text: string, memberOf: Iterable<number>): ProfileContext;
}

/** Rules that are compiled over one layout, so that a profile is read once for all of them. */
export interface RuleGroup {
  readonly audienceIds: ReadonlySet<number>;
  /** What the rules say of a profile at an instant. */
  answer(context: ProfileContext, at: Instant): RuleSetAnswer;
}

export interface RuleSetAnswer {
  /** Row ids of the rule audiences that match. */
  readonly matched: ReadonlySet<number>;
  /** The first whole second after the instant at which time alone can change an answer, in epoch milliseconds. */
  readonly dueMs: number | null;
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

/** Compiles the rules of all audiences that have one. */
export function loadRuleSet(db: Db): RuleSet {
  const audiences = listAudiences(db);
  const includedIds = new Set<number>();
  const resolveInclude = resolveIncludes(audiences, (id) => includedIds.add(id));
  const compile = (of: readonly Audience[]): RuleOfAudience[] => {
    const layout = createLayout();
    return of.flatMap(({ id, filter }) =>
      filter === null
        ? []
        : [{ id, rule: compileFilter(parseFilter(filter), { resolveInclude, layout }), layout }],
    );
  };
  const all = compile(audiences);
  const timedIds = new Set(all.flatMap(({ id, rule }) => (rule.timeDependent ? [id] : [])));
  return {
    all: ruleGroup(all),
    timed: ruleGroup(compile(audiences.filter(({ id }) => timedIds.has(id)))),
    includedIds,
    context: (text, memberOf) =>
      includedIds.size === 0 ? contextFromProfileText(text) : contextWithMemberships(text, memberOf),
  };
}

interface RuleOfAudience {
  readonly id: number;
  readonly rule: CompiledRule;
  readonly layout: FieldLayout;
}

function ruleGroup(rules: readonly RuleOfAudience[]): RuleGroup {
  const [first] = rules;
  return {
    audienceIds: new Set(rules.map(({ id }) => id)),
    answer(context, at) {
      const matched = new Set<number>();
      if (first === undefined) return { matched, dueMs: null };
      const scope = scopeOf(first.layout, context, at);
      let dueMs: number | null = null;
      for (const { id, rule } of rules) {
        if (rule.run(scope) === true) matched.add(id);
        const changeSec = rule.nextChangeSec(scope);
        if (changeSec !== undefined && (dueMs === null || changeSec * 1000 < dueMs)) dueMs = changeSec * 1000;
      }
      return { matched, dueMs };
    },
  };
}
