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
  scopeOf,
} from '../rules/rules.ts';
import type { Db } from '../store/store.ts';

/** Every rule audience of a workspace, compiled over one layout, so that a profile is read once for all of them. */
export interface RuleSet {
  readonly rules: readonly { readonly audienceId: number; readonly rule: CompiledRule }[];
  readonly audienceIds: ReadonlySet<number>;
  /** Imported audiences that a rule includes: a change of membership there can change what the rule says. */
  readonly includedIds: ReadonlySet<number>;
  /**
   * What all rules say of a profile at an instant.
   *
   * @param memberOf row ids of the audiences the user is in, for INCLUDE of imported ones
   */
  answer(text: string, memberOf: Iterable<number>, at: Instant): RuleSetAnswer;
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
  const layout = createLayout();
  const includedIds = new Set<number>();
  const resolveInclude = resolveIncludes(audiences, (id) => includedIds.add(id));
  const rules = audiences.flatMap(({ id, filter }) =>
    filter === null
      ? []
      : [{ audienceId: id, rule: compileFilter(parseFilter(filter), { resolveInclude, layout }) }],
  );
  return {
    rules,
    audienceIds: new Set(rules.map(({ audienceId }) => audienceId)),
    includedIds,
    answer(text, memberOf, at) {
      const context =
        includedIds.size === 0 ? contextFromProfileText(text) : contextWithMemberships(text, memberOf);
      const scope = scopeOf(layout, context, at);
      const matched = new Set<number>();
      let dueMs: number | null = null;
      for (const { audienceId, rule } of rules) {
        if (rule.run(scope) === true) matched.add(audienceId);
        const changeSec = rule.nextChangeSec(scope);
        if (changeSec !== undefined && (dueMs === null || changeSec * 1000 < dueMs)) dueMs = changeSec * 1000;
      }
      return { matched, dueMs };
    },
  };
}
