import { plainText, toInt, toTime } from '../coerce.ts';
import { cachedGlob } from '../glob.ts';
import {
  asFloat,
  isEmpty,
  isInt,
  isKind,
  listItems,
  listValue,
  type MapValue,
  mapValue,
  stringsValue,
  type Value,
} from '../values.ts';
import { ANY, arg, type Call, type FunctionTable, fn } from './spec.ts';

function length(args: readonly Value[]): Value | undefined {
  const value = arg(args, 0);
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'boolean' || isInt(value) || asFloat(value) !== undefined || isKind(value, 'time'))
    return 0;
  if (isKind(value, 'map')) return value.entries.size;
  return isKind(value, 'list') || isKind(value, 'strings') ? value.items.length : undefined;
}

function element(args: readonly Value[]): Value | undefined {
  const index = toInt(arg(args, 1));
  const items = listItems(arg(args, 0));
  if (index === undefined || items === undefined) return undefined;
  return items[Number(index) < 0 ? items.length + Number(index) : Number(index)];
}

function slice(args: readonly Value[]): Value | undefined {
  const value = arg(args, 0);
  if (!isKind(value, 'list') && !isKind(value, 'strings')) return undefined;
  const { length: size } = value.items;
  const bound = (index: number): number | undefined => {
    const int = toInt(arg(args, index));
    return int === undefined ? undefined : Number(int) < 0 ? size + Number(int) : Number(int);
  };
  const start = bound(1);
  const end = args.length === 3 ? bound(2) : size;
  if (start === undefined || end === undefined || start < 0 || start >= size || end < start || end > size)
    return undefined;
  return isKind(value, 'strings')
    ? stringsValue(value.items.slice(start, end))
    : listValue(value.items.slice(start, end));
}

function mapTime(args: readonly Value[], { now }: Call): Value | undefined {
  const key = arg(args, 0);
  const time = args.length === 1 ? now : toTime(arg(args, 1), now);
  return isEmpty(key) || time === undefined
    ? undefined
    : mapValue(new Map([[plainText(key).toLowerCase(), time]]));
}

/** The fields whose names begin with a prefix, as a map without the prefix. */
function match(args: readonly Value[], call: Call): Value | undefined {
  const found = new Map<string, Value>();
  for (const prefix of args) {
    if (typeof prefix !== 'string') continue;
    for (const [name, value] of call.entries()) {
      if (name.startsWith(prefix) && name !== prefix && value !== null)
        found.set(name.replace(prefix, ''), value);
    }
  }
  return found.size === 0 ? undefined : mapValue(found);
}

function uniqueTexts(texts: Iterable<string>): Value | undefined {
  const unique = [...new Set(texts)];
  return unique.length === 0 ? undefined : stringsValue(unique);
}

function mapInvert(args: readonly Value[]): Value | undefined {
  const value = arg(args, 0);
  if (!isKind(value, 'map') || value.entries.size === 0) return undefined;
  return mapValue(new Map([...value.entries].map(([key, item]) => [plainText(item), key])), true);
}

type Test = (text: string) => boolean;

/** A pattern with a star is a glob, any other a prefix; an empty one matches only empty text (`filter`) or everything. */
function testsOf(args: readonly Value[], emptyIsExact: boolean): Test {
  const tests: Test[] = [];
  for (const value of args) {
    const patterns = typeof value === 'string' ? [value] : (listItems(value) ?? []);
    for (const pattern of patterns.map((item) => plainText(item).replaceAll('%', '*'))) {
      if (pattern.includes('*')) tests.push((text) => cachedGlob(pattern)?.(text) === true);
      else if (pattern === '' && emptyIsExact) tests.push((text) => text === '');
      else tests.push((text) => text.startsWith(pattern));
    }
  }
  return (text) => tests.some((test) => test(text));
}

function keep(value: Value, keeps: Test): Value | undefined {
  if (isEmpty(value)) return undefined;
  if (typeof value === 'string') return keeps(value) ? value : null;
  const items = listItems(value);
  if (items === undefined) return undefined;
  const kept = items.map(plainText).filter(keeps);
  return kept.length === 0 ? undefined : stringsValue(kept);
}

function keepKeys(map: MapValue, keeps: Test): Value | undefined {
  const kept = new Map([...map.entries].filter(([key]) => keeps(key)));
  return kept.size === 0 ? undefined : mapValue(kept, map.keysAsList);
}

export const LIST: FunctionTable = {
  len: fn(1, 1, length),
  char_length: fn(1, 1, length),
  'array.index': fn(2, 2, element),
  'array.slice': fn(2, 3, slice),
  map: fn(2, 2, (args) => {
    const [key, value] = [arg(args, 0), arg(args, 1)];
    return isEmpty(key) || isEmpty(value) ? undefined : mapValue(new Map([[plainText(key), value]]));
  }),
  maptime: fn(1, 2, mapTime, { kind: 'unknown', maxArgs: 1 }),
  match: fn(1, ANY, match),
  mapkeys: fn(1, ANY, (args) =>
    uniqueTexts(args.flatMap((value) => (isKind(value, 'map') ? [...value.entries.keys()] : []))),
  ),
  mapvalues: fn(1, 1, (args) =>
    uniqueTexts(
      args.flatMap((value) => (isKind(value, 'map') ? [...value.entries.values()].map(plainText) : [])),
    ),
  ),
  mapinvert: fn(1, 1, mapInvert),
  filter: fn(2, ANY, (args) => {
    const test = testsOf(args.slice(1), true);
    const value = arg(args, 0);
    // A map that counts as the list of its keys is one here.
    const keeps = (text: string) => !test(text);
    return isKind(value, 'map') && !value.keysAsList ? keepKeys(value, keeps) : keep(value, keeps);
  }),
  filtermatch: fn(2, ANY, (args) => {
    const test = testsOf(args.slice(1), false);
    const value = arg(args, 0);
    return isKind(value, 'map') ? keepKeys(value, test) : keep(value, test);
  }),
};
