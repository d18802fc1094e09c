import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Problem } from '../../../preload/contract/message.ts';
import { parseInstant } from '../core/instant.ts';
import { errorProblem, pointerStep, warningProblem } from './problem.ts';

type Schema = Record<string, unknown>;
type Compiled = { validate: ValidateFunction } | { problem: Problem };

const MAX_PROBLEMS = 20;
const compiled = new WeakMap<Schema, Compiled>();

/**
 * Checks a body against the JSON Schema of the workflow's consumer. Draft-07 where `$schema` names it, else 2020-12. Each
 * breach is a problem with the JSON pointer of its value: a warning, or an error with `required` (`--require-valid`). A
 * schema that does not compile is one error on the form field `schema`. Compiled once per schema object.
 */
export function checkContract(body: string, schema: Schema, required = false): Problem[] {
  const check = compile(schema);
  if ('problem' in check) return [check.problem];
  const problem = required ? errorProblem : warningProblem;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return [
      problem('SCHEMA_MISMATCH', 'The body is not JSON, so it breaks the consumer’s schema.', { path: '' }),
    ];
  }
  if (check.validate(value)) return [];
  return (check.validate.errors ?? [])
    .slice(0, MAX_PROBLEMS)
    .map((error) => problem('SCHEMA_MISMATCH', `${breach(error)}.`, { path: placeOf(error) }));
}

/** The problem of a schema that cannot be used; none when it compiles. */
export function checkSchema(schema: Schema): Problem[] {
  const check = compile(schema);
  return 'problem' in check ? [check.problem] : [];
}

function compile(schema: Schema): Compiled {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const made = compileFresh(schema);
  compiled.set(schema, made);
  return made;
}

function compileFresh(schema: Schema): Compiled {
  try {
    return { validate: validatorFor(schema).compile(schema) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      problem: errorProblem('SCHEMA_INVALID', `The consumer’s JSON Schema cannot be used: ${reason}.`, {
        field: 'schema',
      }),
    };
  }
}

/** A fresh Ajv for each schema: two schemas with the same `$id` must not meet. */
function validatorFor(schema: Schema): Ajv | Ajv2020 {
  const options = { strict: false, allErrors: true, logger: false } as const;
  const draft07 = typeof schema.$schema === 'string' && schema.$schema.includes('draft-07');
  const ajv = draft07 ? new Ajv(options) : new Ajv2020(options);
  // The formats that messages use; ajv leaves unknown ones unchecked.
  ajv.addFormat('date-time', (text: string) => parseInstant(text) !== undefined);
  ajv.addFormat('date', (text: string) => parseInstant(`${text}T00:00:00Z`) !== undefined);
  ajv.addFormat('email', /^[^\s@]+@[^\s@]+$/);
  ajv.addFormat('uuid', /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i);
  ajv.addFormat('uri', (text: string) => URL.canParse(text));
  return ajv;
}

/** A missing or superfluous member is shown at its own pointer, not at its parent's. */
function placeOf({ instancePath, keyword, params }: ErrorObject): string {
  const member: unknown =
    keyword === 'required'
      ? params.missingProperty
      : keyword === 'additionalProperties'
        ? params.additionalProperty
        : undefined;
  return typeof member === 'string' ? instancePath + pointerStep(member) : instancePath;
}

function breach({ instancePath, keyword, params, message = 'is not valid' }: ErrorObject): string {
  const where = instancePath === '' ? 'The body' : instancePath;
  if (keyword === 'enum') return `${where} ${message}: ${JSON.stringify(params.allowedValues)}`;
  if (keyword === 'const') return `${where} must be ${JSON.stringify(params.allowedValue)}`;
  if (keyword === 'additionalProperties') return `${where} must not have "${params.additionalProperty}"`;
  return `${where} ${message}`;
}
