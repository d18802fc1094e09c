import { SegueError } from '../core/errors.ts';
import type { IdentNode } from './ast.ts';
import { parseDate } from './dates.ts';
import { type ExactJson, parseExactJson } from './exact-json.ts';
import { parseRfc3339 } from './rfc3339.ts';
import type { FieldLayout, ProfileContext, Scope } from './scope.ts';
import {
  floatValue,
  intValue,
  isKind,
  listValue,
  mapValue,
  stringsValue,
  type TimeValue,
  type Value,
} from './values.ts';

/** Types by field name, as in `string`, `int`, `number`, `bool`, `time`, `[]string`, `map[string]time`, `null`. */
export type FieldTypes = Readonly<Record<string, string>>;

/**
 * The context of a profile's JSON text. Types are inferred (an RFC 3339 text is a time, a number a number, a list of text a
 * list of text) unless `types` fixes them. Large integers stay exact. Throws `INVALID_INPUT` if the text is no JSON object.
 */
export function contextFromProfileText(text: string, types: FieldTypes = {}): ProfileContext {
  let parsed: ExactJson;
  try {
    parsed = parseExactJson(text);
  } catch {
    throw new SegueError('INVALID_INPUT', 'A profile is not valid JSON. Each profile is one JSON object.');
  }
  if (!isRecord(parsed)) {
    throw new SegueError('INVALID_INPUT', 'A profile is not a JSON object. Each profile is one JSON object.');
  }
  return contextFromRecord(parsed, types);
}

/** The context of a profile that is parsed already. */
export function contextFromRecord(
  record: { readonly [key: string]: ExactJson },
  types: FieldTypes = {},
): ProfileContext {
  const get = (name: string): Value | undefined => {
    const json = record[name];
    if (json === undefined || !Object.hasOwn(record, name)) return undefined;
    return typedValue(json, Object.hasOwn(types, name) ? types[name] : undefined);
  };
  return {
    get,
    *entries() {
      for (const name of Object.keys(record)) yield [name, get(name) ?? null];
    },
    scope: undefined,
  };
}

function isRecord(json: ExactJson): json is { readonly [key: string]: ExactJson } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** A JSON value with a type; a value that does not fit its type is taken as it is. */
function typedValue(json: ExactJson, type: string | undefined): Value {
  if (json === null || type === 'null') return null;
  if (type === undefined || type === 'any') return inferred(json);
  if (type.startsWith('[]') && Array.isArray(json)) return typedList(json, type.slice(2));
  if (type.startsWith('map[string]') && isRecord(json)) {
    const of = type.slice('map[string]'.length);
    const entries = Object.entries(json).map(([key, item]) => [key, typedValue(item, of)] as const);
    return mapValue(new Map(entries), ['string', 'int', 'number', 'bool'].includes(of));
  }
  return typedScalar(json, type) ?? inferred(json);
}

function typedScalar(json: ExactJson, type: string): Value | undefined {
  switch (type) {
    case 'string':
      return typeof json === 'object' ? undefined : String(json);
    case 'int':
      return intOf(json);
    case 'number':
      return typeof json === 'number' || typeof json === 'bigint' ? floatValue(Number(json)) : undefined;
    case 'time':
      return typeof json === 'string' || typeof json === 'number' ? parseDate(String(json)) : undefined;
    default:
      return undefined;
  }
}

function intOf(json: ExactJson): Value | undefined {
  if (typeof json === 'bigint') return intValue(json);
  return typeof json === 'number' ? intValue(BigInt(Math.trunc(json))) : undefined;
}

function typedList(json: readonly ExactJson[], of: string): Value {
  if (of === 'string')
    return stringsValue(json.map((item) => (typeof item === 'object' ? '' : String(item))));
  return listValue(json.map((item) => typedValue(item, of)));
}

function inferred(json: ExactJson): Value {
  if (json === null || typeof json === 'boolean' || typeof json === 'number' || typeof json === 'bigint')
    return json;
  if (typeof json === 'string') return inferredText(json);
  if (!Array.isArray(json)) {
    return mapValue(new Map(Object.entries(json).map(([key, item]) => [key, inferred(item)])));
  }
  const items = json.map(inferred);
  const texts = items.filter((item) => typeof item === 'string');
  return texts.length === items.length && texts.length > 0 ? stringsValue(texts) : listValue(items);
}

function inferredText(text: string): Value {
  return parseRfc3339(text) ?? text;
}

/** A layout without fields yet. */
export function createLayout(): FieldLayout {
  const fields: IdentNode[] = [];
  const slots = new Map<string, number>();
  return {
    fields,
    slotOf(ident) {
      const key = `${ident.name}\u0000${ident.left ?? ''}`;
      const known = slots.get(key);
      if (known !== undefined) return known;
      slots.set(key, fields.length);
      return fields.push(ident) - 1;
    },
  };
}

/** What an evaluation reads, kept with the profile for the next rule that asks at the same time. */
export function scopeAt(layout: FieldLayout, context: ProfileContext, now: TimeValue): Scope {
  const { scope } = context;
  const fresh =
    scope !== undefined && scope.layout === layout && scope.values.length === layout.fields.length;
  if (fresh && scope.now === now) return scope;
  const values = fresh ? scope.values : layout.fields.map((ident) => fieldOf(ident, context));
  const next = { layout, values, context, now };
  context.scope = next;
  return next;
}

/** The exact name first, then what stands before the first dot as a map and the rest as a key in it. */
function fieldOf(ident: IdentNode, context: ProfileContext): Value | undefined {
  const exact = context.get(ident.name);
  if (exact !== undefined) return exact;
  const dot = ident.name.indexOf('.');
  const left = ident.left ?? (dot > 0 ? ident.name.slice(0, dot) : undefined);
  if (left === undefined) return undefined;
  const map = context.get(left);
  return isKind(map, 'map') ? map.entries.get(ident.right ?? ident.name.slice(dot + 1)) : undefined;
}
