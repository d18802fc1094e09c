import type { ExplainNode, Explanation } from '../../../preload/contract/audience.ts';
import type { EngineContext } from '../context.ts';
import { formatInstant, type Instant, instantOfMs } from '../core/instant.ts';
import { lastChangeOf } from '../history/last-change.ts';
import { membershipsOf } from '../membership/membership.ts';
import { profileNotFound } from '../profile/list.ts';
import { currentText } from '../profile/read.ts';
import {
  type CompiledRule,
  compileFilter,
  contextFromProfileText,
  parseFilter,
  type ResolveInclude,
  type ExplainNode as RuleNode,
} from '../rules/rules.ts';
import type { Db } from '../store/store.ts';
import { type Audience, listAudiences, requireAudience } from './store.ts';

/**
 * Says whether and since when a user is in an audience, and for a rule audience why: the answer of each part of the rule
 * for the present profile, and when it next flips.
 *
 * @throws AUDIENCE_NOT_FOUND; PROFILE_NOT_FOUND for a user of whom the store knows neither profile nor change
 */
export function explainAudience(
  engine: EngineContext,
  { slug, userId }: { slug: string; userId: string },
): Explanation {
  const { db } = engine.store;
  const audience = requireAudience(db, slug);
  const profile = currentText(db, userId);
  const membership = membershipsOf(db, userId).find(({ audienceId }) => audienceId === audience.id);
  const last = lastChangeOf(db, userId, audience.id);
  if (profile === null && (audience.filter !== null || (membership === undefined && last === null)))
    throw profileNotFound(userId);
  const why =
    audience.filter === null || profile === null
      ? { tree: null, nextFlip: null }
      : explainRule(db, audience.filter, profile.text, instantOfMs(engine.clock()));
  return {
    audience: audience.slug,
    userId,
    member: membership !== undefined,
    enteredAt: membership === undefined ? null : formatInstant(membership.enteredAt),
    ...why,
    lastChange: last,
  };
}

function explainRule(
  db: Db,
  filter: string,
  text: string,
  now: Instant,
): { tree: ExplainNode; nextFlip: string | null } {
  const rule = compileFilter(parseFilter(filter), { resolveInclude: includesOf(listAudiences(db)) });
  const context = contextFromProfileText(text);
  return { tree: nodeOf(rule.explain(context, now)), nextFlip: flipOf(rule, context, now) };
}

function flipOf(
  rule: CompiledRule,
  context: Parameters<CompiledRule['nextFlip']>[0],
  now: Instant,
): string | null {
  const { at, approximate } = rule.nextFlip(context, now);
  if (at === null) return null;
  return approximate ? `unknown, to be evaluated again at ${formatInstant(at)}` : formatInstant(at);
}

function nodeOf({ text, value, fields, boundary, children }: RuleNode): ExplainNode {
  return {
    text,
    value,
    fields: fields.map((field) => ({ name: field.name, value: field.value ?? 'missing' })),
    boundary,
    children: children.map(nodeOf),
  };
}

/** Resolves INCLUDE among the audiences that have a rule, by slug, id or name, in any case. */
export function includesOf(audiences: readonly Audience[]): ResolveInclude {
  const filters = new Map<string, string>();
  for (const { filter, ...names } of audiences) {
    if (filter === null) continue;
    for (const name of [names.name, names.hexId, names.slug]) filters.set(name.toLowerCase(), filter);
  }
  return (name) => {
    const filter = filters.get(name);
    return filter === undefined ? undefined : parseFilter(filter);
  };
}
