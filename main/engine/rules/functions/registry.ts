import { DATE } from './date.ts';
import { EMAIL } from './email.ts';
import { HASH } from './hash.ts';
import { LIST } from './list.ts';
import { LOGIC } from './logic.ts';
import { NUMBER } from './number.ts';
import { PLACE } from './place.ts';
import type { FunctionSpec } from './spec.ts';
import { TEXT } from './text.ts';
import { URL_FUNCTIONS } from './url.ts';

const FUNCTIONS: ReadonlyMap<string, FunctionSpec> = new Map(
  [LOGIC, TEXT, NUMBER, DATE, LIST, URL_FUNCTIONS, EMAIL, HASH, PLACE].flatMap((table) =>
    Object.entries(table),
  ),
);

/** Functions of the reference engine that Segue does not have, with the reason. A rule that calls one has no answer. */
export const OMITTED_FUNCTIONS: Readonly<Record<string, string>> = {
  useragent: 'needs a table of browsers that ages; profiles carry what was recognised when the event came in',
  'useragent.map': 'as useragent',
  'json.jmespath':
    'a second query language; profiles hold maps and lists that dotted names and functions read directly',
  uuid: 'another answer at every evaluation, which no rule can be decided by',
};

/** The names of all functions, for completion. */
export const FUNCTION_NAMES: readonly string[] = [...FUNCTIONS.keys()].sort();

/** Finds a function by its name in lower case. */
export function findFunction(lowerName: string): FunctionSpec | undefined {
  return FUNCTIONS.get(lowerName);
}

/** What a known function wants if it does not take that many arguments; undefined when they fit or it is not known. */
export function arityProblem(lowerName: string, count: number): string | undefined {
  const spec = FUNCTIONS.get(lowerName);
  if (spec === undefined || (count >= spec.min && count <= spec.max)) return undefined;
  if (spec.min === spec.max) return `${lowerName} with ${plural(spec.min)}`;
  if (spec.max === Number.POSITIVE_INFINITY) return `${lowerName} with at least ${plural(spec.min)}`;
  return `${lowerName} with ${spec.min} to ${plural(spec.max)}`;
}

function plural(count: number): string {
  return count === 1 ? '1 argument' : `${count} arguments`;
}
