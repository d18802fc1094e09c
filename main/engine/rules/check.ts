import { SegueError } from '../core/errors.ts';
import { nearestName } from '../core/nearest.ts';
import { type AstJson, type Statement, toAstJson } from './ast.ts';
import { FUNCTION_NAMES, findFunction, OMITTED_FUNCTIONS } from './functions/registry.ts';
import { parseFilters } from './parse.ts';
import { printStatement } from './print.ts';
import { type RuleSummary, summarize } from './summary.ts';
import { syntaxError } from './syntax-error.ts';
import { tokenize } from './tokens.ts';

export interface RuleWarning {
  readonly message: string;
  readonly name: string;
  /** A known name that is close. */
  readonly suggestion: string | null;
  readonly line: number;
  readonly column: number;
}

export interface CheckedStatement extends RuleSummary {
  readonly canonical: string;
  readonly ast: AstJson;
  readonly kind: Statement['kind'];
  readonly columns: number;
  readonly from: string | null;
  readonly limit: number | null;
  readonly with: Statement['with'] | null;
  readonly alias: string | null;
  readonly description: string | null;
}

export interface CheckedFilter extends CheckedStatement {
  /** All statements of the text; the other fields are those of the first. */
  readonly statements: readonly CheckedStatement[];
  readonly warnings: readonly RuleWarning[];
}

export interface CheckOptions {
  /** Field names of the store; a rule's field that is none of them gets a warning. */
  readonly knownFields?: readonly string[];
  /** The names come from a sample of profiles, so a warning must not speak of all. */
  readonly fieldsAreSampled?: boolean;
  /** Slugs and ids of the audiences that INCLUDE can name. */
  readonly knownAudiences?: readonly string[];
  /** Unknown functions are an error, `RULE_INVALID`, instead of a warning. */
  readonly strict?: boolean;
}

/** Parses and describes a text. Throws `RULE_SYNTAX`, and `RULE_INVALID` when `strict` finds an unknown function. */
export function checkFilter(text: string, options: CheckOptions = {}): CheckedFilter {
  const parsed = parseFilters(text);
  const [first] = parsed.map(describe);
  if (first === undefined)
    throw syntaxError({ offset: 0, line: 1, column: 1 }, text.trim(), 'FILTER or SELECT');
  const warnings = findWarnings(text, summarize(parsed), options);
  const missing = summarizeColumns(parsed).find((name) => findFunction(name) === undefined);
  if (options.strict === true && missing !== undefined) {
    throw new SegueError('RULE_INVALID', `There is no function ${missing}.`, { name: missing });
  }
  return { ...first, statements: parsed.map(describe), warnings };
}

/** The functions of the rule and of the columns. */
function summarizeColumns(statements: readonly Statement[]): readonly string[] {
  const all = statements.flatMap((statement) => [
    statement,
    ...statement.columns.map(({ expression }) => ({ ...statement, filter: expression })),
  ]);
  return summarize(all).functions;
}

function describe(statement: Statement): CheckedStatement {
  return {
    canonical: printStatement(statement),
    ast: toAstJson(statement.filter),
    kind: statement.kind,
    columns: statement.columns.length,
    from: statement.from ?? null,
    limit: statement.limit ?? null,
    with: statement.with ?? null,
    alias: statement.alias ?? null,
    description: statement.description ?? null,
    ...summarize([statement]),
  };
}

function findWarnings(text: string, summary: RuleSummary, options: CheckOptions): RuleWarning[] {
  const tokens = tokenize(text);
  const warn = (name: string, message: string, known: readonly string[]): RuleWarning => {
    const at = tokens.find((token) => token.value.toLowerCase() === name.toLowerCase());
    return {
      name,
      message,
      suggestion: nearestName(name, known) ?? null,
      line: at?.line ?? 1,
      column: at?.column ?? 1,
    };
  };
  const unknown = summary.functions.filter((name) => findFunction(name) === undefined);
  const warnings = unknown.map((name) => {
    const reason = OMITTED_FUNCTIONS[name];
    const why =
      reason === undefined ? `There is no function ${name}` : `The function ${name} is left out: ${reason}`;
    return warn(name, `${why}. The rule has no answer where it is called.`, FUNCTION_NAMES);
  });
  const { knownFields, fieldsAreSampled = false, knownAudiences } = options;
  if (knownFields !== undefined) {
    const known = new Set(knownFields);
    const absent = summary.fields.filter(
      (name) => !known.has(name) && !known.has(name.split('.', 1)[0] ?? ''),
    );
    const none = fieldsAreSampled ? 'None of the profiles that were looked at' : 'No profile';
    warnings.push(...absent.map((name) => warn(name, `${none} has a field ${name}.`, knownFields)));
  }
  if (knownAudiences !== undefined) {
    const known = new Set(knownAudiences.map((name) => name.toLowerCase()));
    const absent = summary.includes.filter((name) => !known.has(name));
    warnings.push(...absent.map((name) => warn(name, `There is no audience ${name}.`, knownAudiences)));
  }
  return warnings;
}
