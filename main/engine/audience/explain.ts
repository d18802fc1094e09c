import type { ExplainNode, Explanation } from '../../../preload/contract/audience.ts';
import type { EngineContext } from '../context.ts';
import { formatInstant, type Instant, instantOfMs } from '../core/instant.ts';
import { lastChangeOf } from '../history/last-change.ts';
import { membershipsOf } from '../membership/membership.ts';
import { profileNotFound } from '../profile/list.ts';
import { currentText } from '../profile/read.ts';
import { contextWithMemberships, resolveIncludes } from '../reevaluation/rule-set.ts';
import {
  type CompiledRule,
  compileFilter,
  parseFilter,
  type ExplainNode as RuleNode,
  whyUnresolved,
} from '../rules/rules.ts';
import type { Db } from '../store/store.ts';
import { listAudiences, requireAudience } from './store.ts';

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
  const memberships = membershipsOf(db, userId);
  const membership = memberships.find(({ audienceId }) => audienceId === audience.id);
  const last = lastChangeOf(db, userId, audience.id);
  if (profile === null && (audience.filter !== null || (membership === undefined && last === null)))
    throw profileNotFound(userId);
  const why =
    audience.filter === null || profile === null
      ? { tree: null, nextFlip: null }
      : explainRule(db, audience.filter, {
          text: profile.text,
          memberOf: memberships.map(({ audienceId }) => audienceId),
          now: instantOfMs(engine.clock()),
        });
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
  { text, memberOf, now }: { text: string; memberOf: readonly number[]; now: Instant },
): { tree: ExplainNode; nextFlip: string | null } {
  const resolveInclude = resolveIncludes(listAudiences(db));
  const rule = compileFilter(parseFilter(filter), { resolveInclude });
  const context = contextWithMemberships(text, memberOf);
  const noteOf = (name: string) => whyUnresolved(name, resolveInclude) ?? null;
  return { tree: nodeOf(rule.explain(context, now), noteOf), nextFlip: flipOf(rule, context, now) };
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

function nodeOf(
  { text, value, fields, boundary, unresolved, children }: RuleNode,
  noteOf: (unresolvedName: string) => string | null,
): ExplainNode {
  return {
    text,
    value,
    fields: fields.map((field) => ({ name: field.name, value: field.value ?? 'missing' })),
    boundary,
    note: unresolved === null ? null : noteOf(unresolved),
    children: children.map((child) => nodeOf(child, noteOf)),
  };
}
