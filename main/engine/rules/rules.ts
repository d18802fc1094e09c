/**
 * FilterQL, the language of audience rules: parsing, checking, evaluation, the times at which answers change, and
 * explanations. All of it is pure: `now` is an argument and nothing is read but the profile that is given.
 */
export type { AstJson, Node, Statement } from './ast.ts';
export { toAstJson } from './ast.ts';
export { type CheckedFilter, type CheckOptions, checkFilter, type RuleWarning } from './check.ts';
export {
  type CompiledRule,
  type CompileOptions,
  compileFilter,
  type ResolveInclude,
  type RuleAnswer,
  scopeOf,
} from './compile.ts';
export {
  contextFromProfileText,
  contextFromRecord,
  createLayout,
  type FieldTypes,
} from './context.ts';
export { MAX_DEPTH } from './cursor.ts';
export { type EvalLine, evaluateDateExpression, parseEvalCases, runEvalCase } from './eval-case.ts';
export { type ExactJson, parseExactJson } from './exact-json.ts';
export type { ExplainNode } from './explain.ts';
export { FUNCTION_NAMES, OMITTED_FUNCTIONS } from './functions/registry.ts';
export { parseFilter, parseFilters } from './parse.ts';
export { printStatement } from './print.ts';
export type { FieldLayout, ProfileContext, Run, Scope, Tri } from './scope.ts';
export { type Token, tokenize } from './tokens.ts';
export { whyUnresolved } from './unresolved.ts';
