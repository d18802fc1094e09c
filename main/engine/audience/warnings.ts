import type { RuleWarning } from '../../../preload/contract/audience.ts';
import { type KnownFields, sampleFields } from '../profile/list.ts';
import { resolveIncludes } from '../reevaluation/rule-set.ts';
import { checkFilter, compileFilter, parseFilter, tokenize, whyUnresolved } from '../rules/rules.ts';
import type { Db } from '../store/store.ts';
import { type Audience, listAudiences } from './store.ts';

/** Most warnings of one import of definitions. */
const MAX_WARNINGS = 500;

/**
 * What in a rule is no error, but hardly meant: unknown functions, fields and audiences, and includes that cannot be resolved.
 * A store without profiles knows no fields, so there they are not looked at.
 *
 * @param audiences as they are once the rule is stored
 * @param unresolved of the compiled rule, in lower case
 * @throws RULE_SYNTAX
 */
export function warningsOf(
  text: string,
  {
    audiences,
    fields,
    unresolved,
  }: { audiences: readonly Audience[]; fields: KnownFields; unresolved: readonly string[] },
): RuleWarning[] {
  const { warnings, includes } = checkFilter(text, {
    ...(fields.names.length === 0 ? {} : { knownFields: fields.names, fieldsAreSampled: fields.sampled }),
    knownAudiences: audiences.flatMap(({ slug, hexId, name }) => [slug, hexId, name]),
  });
  const warned = new Set(warnings.map(({ name }) => name.toLowerCase()));
  // Those of included rules are told where these rules are.
  const broken = includes.filter((name) => unresolved.includes(name) && !warned.has(name));
  const resolveInclude = resolveIncludes(audiences);
  return [
    ...warnings,
    ...broken.map((name) =>
      unresolvedWarning(text, name, whyUnresolved(name, resolveInclude) ?? 'it leads too far'),
    ),
  ];
}

function unresolvedWarning(text: string, name: string, why: string): RuleWarning {
  const at = tokenize(text).find(({ value }) => value.toLowerCase() === name);
  return {
    name,
    message: `INCLUDE ${name} cannot be resolved: ${why}. The rule has no answer where it is asked for.`,
    suggestion: null,
    line: at?.line ?? 1,
    column: at?.column ?? 1,
  };
}

/** The warnings of rules that are stored now, each with its audience; at most 500. */
export function warningsOfStored(
  db: Db,
  slugs: ReadonlySet<string>,
): (RuleWarning & { readonly audience: string })[] {
  const audiences = listAudiences(db);
  const fields = sampleFields(db);
  const resolveInclude = resolveIncludes(audiences);
  const found: (RuleWarning & { readonly audience: string })[] = [];
  for (const { slug, filter } of audiences) {
    if (filter === null || !slugs.has(slug)) continue;
    const unresolved = compileFilter(parseFilter(filter), { resolveInclude }).unresolvedIncludes;
    const warnings = warningsOf(filter, { audiences, fields, unresolved });
    found.push(...warnings.map((warning) => ({ ...warning, audience: slug })));
    if (found.length >= MAX_WARNINGS) break;
  }
  return found.slice(0, MAX_WARNINGS);
}
