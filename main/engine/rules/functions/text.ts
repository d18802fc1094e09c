import { plainText, toInt, toText } from '../coerce.ts';
import { isEmpty, isKind, stringsValue, type Value } from '../values.ts';
import { ANY, arg, type FunctionTable, fn } from './spec.ts';

function convert(change: (text: string) => string) {
  return fn(1, 1, (args) => {
    const text = toText(arg(args, 0));
    return text === undefined ? undefined : change(text);
  });
}

function split(args: readonly Value[]): Value | undefined {
  const [text, by] = [toText(arg(args, 0)), toText(arg(args, 1))];
  return text === undefined || by === undefined || text === '' || by === ''
    ? undefined
    : stringsValue(text.split(by));
}

function strip(args: readonly Value[]): Value | undefined {
  const value = arg(args, 0);
  const trim = (text: string) => text.replace(/^[ \n\t\r]+|[ \n\t\r]+$/g, '');
  if (typeof value === 'string') return trim(value);
  return isKind(value, 'strings') ? stringsValue(value.items.map(trim)) : undefined;
}

/** Positions count bytes of UTF-8, as in the reference engine. */
function substring(args: readonly Value[]): Value | undefined {
  const value = arg(args, 0);
  if (isEmpty(value) || isEmpty(arg(args, 1))) return undefined;
  const bytes = Buffer.from(plainText(value));
  const start = toInt(arg(args, 1));
  const end = args.length === 3 ? toInt(arg(args, 2)) : bytes.length;
  if (start === undefined || end === undefined || start < 0 || end < start || end > bytes.length)
    return undefined;
  return bytes.subarray(Number(start), Number(end)).toString();
}

function indexOf(args: readonly Value[]): Value | undefined {
  const value = arg(args, 0);
  if (isEmpty(value)) return undefined;
  const text = plainText(value);
  const at = text.indexOf(plainText(arg(args, 1)));
  return at < 0 ? undefined : Buffer.byteLength(text.slice(0, at));
}

function join(args: readonly Value[]): Value | undefined {
  const separator = toText(args[args.length - 1]);
  if (separator === undefined) return undefined;
  const parts: string[] = [];
  for (const value of args.slice(0, -1)) {
    if (isKind(value, 'list') || isKind(value, 'strings')) parts.push(...value.items.map(plainText));
    else if (typeof value !== 'boolean' && !isKind(value, 'time') && plainText(value) !== '')
      parts.push(plainText(value));
  }
  return parts.length === 0 ? undefined : parts.join(separator);
}

function affix(holds: (text: string, part: string) => boolean) {
  return fn(2, 2, (args) => {
    const part = plainText(arg(args, 1));
    return part === '' ? undefined : holds(plainText(arg(args, 0)), part);
  });
}

const lower = convert((text) => text.toLowerCase());

export const TEXT: FunctionTable = {
  contains: fn(2, 2, (args) => {
    const [text, part] = [toText(arg(args, 0)), toText(arg(args, 1))];
    if (text === undefined || part === undefined) return false;
    return text === '' || part === '' ? undefined : text.includes(part);
  }),
  tolower: lower,
  'string.lowercase': lower,
  'string.uppercase': convert((text) => text.toUpperCase()),
  'string.titlecase': convert((text) =>
    text.replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase()),
  ),
  'string.split': fn(2, 2, split),
  split: fn(2, 2, split),
  'string.strip': fn(1, 1, strip),
  strip: fn(1, 1, strip),
  'string.substr': fn(2, 3, substring),
  'string.index': fn(2, 2, indexOf),
  replace: fn(2, 3, (args) =>
    plainText(arg(args, 0)).replaceAll(plainText(arg(args, 1)), () =>
      args.length === 3 ? plainText(arg(args, 2)) : '',
    ),
  ),
  join: fn(2, ANY, join),
  hasprefix: affix((text, part) => text.startsWith(part)),
  hassuffix: affix((text, part) => text.endsWith(part)),
};
