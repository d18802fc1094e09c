import { getDomain } from 'tldts';
import { plainText, toText } from '../coerce.ts';
import { isKind, listItems, stringsValue, type Value } from '../values.ts';
import { ANY, arg, type FunctionTable, fn } from './spec.ts';
import { encodeQuery, parseUrl, queryPairs, type UrlParts, unescapeQuery } from './url-parts.ts';

const MAX_KEY_PATTERN = 100;
const MAX_KEY = 200;

/** The text that a function of a URL works on: the argument, or the first element of a list. */
function urlText(args: readonly Value[]): string | undefined {
  const value = arg(args, 0);
  const text = typeof value === 'string' ? value : plainText(listItems(value)?.[0]);
  return text === '' ? undefined : text;
}

function withHttp(text: string): string {
  return text.startsWith('http') ? text : `http://${text}`;
}

/** A text without a slash among its first five letters is taken for a host. */
function withHttpIfBare(text: string): string {
  return text.length > 6 && !text.slice(0, 5).includes('/') ? withHttp(text) : text;
}

function hostOf(text: string): string | undefined {
  return parseUrl(withHttp(text.toLowerCase()))?.host;
}

/** The registrable domain by the public suffix list, private suffixes included. */
function domainOf(text: string): string | undefined {
  const host = hostOf(text);
  return host === undefined || host.length <= 2
    ? undefined
    : (getDomain(host, { allowPrivateDomains: true, extractHostname: false }) ?? undefined);
}

function ofUrl(read: (text: string) => Value | undefined) {
  return fn(1, 1, (args) => {
    const text = urlText(args);
    return text === undefined ? undefined : read(text);
  });
}

/** The texts among the arguments, elements of lists of text included; `anyList` takes the text of what other lists hold. */
function textsOf(args: readonly Value[], anyList: boolean): string[] {
  const itemsOf = (value: Value) =>
    isKind(value, 'strings') ? value.items : anyList ? (listItems(value) ?? []).map(plainText) : [];
  return args
    .flatMap((value) => (typeof value === 'string' ? [value] : itemsOf(value)))
    .filter((text) => text !== '');
}

function listOf(
  read: (text: string) => readonly string[] | string | undefined,
  { anyList }: { anyList: boolean },
) {
  return fn(1, ANY, (args) => {
    const found = textsOf(args, anyList).flatMap((text) => read(text) ?? []);
    return found.length === 0 ? undefined : stringsValue(found);
  });
}

/** A host that has no registrable domain gives two empty texts, as in the reference engine. */
function domainsOf(text: string): readonly string[] {
  if (text.length < 4 || hostOf(text) === undefined) return [];
  const domain = domainOf(text);
  return domain === undefined ? ['', ''] : [domain];
}

function queryParameter(lower: boolean) {
  return fn(2, 2, (args) => {
    const text = urlText(args);
    const key = toText(arg(args, 1));
    if (text === undefined || key === undefined || key === '') return undefined;
    const parts = parseUrl(withHttpIfBare(lower ? text.toLowerCase() : text));
    return queryPairs(parts?.query ?? '').find(([name]) => name === key)?.[1] || undefined;
  });
}

function withQuery(base: string, query: string): string {
  return query === '' ? base : `${base}?${query}`;
}

function minusQuery(args: readonly Value[]): Value | undefined {
  const text = urlText(args);
  const key = toText(arg(args, 1));
  const parts =
    text === undefined || key === undefined || key === '' ? undefined : parseUrl(withHttpIfBare(text));
  if (parts === undefined) return undefined;
  const base = `${parts.scheme}://${parts.host}${parts.path}`;
  const pairs = queryPairs(parts.query);
  if (!pairs.some(([name]) => name === key)) return `${base}?${parts.query}`;
  return withQuery(base, encodeQuery(pairs.filter(([name]) => name !== key)));
}

function main(parts: UrlParts): string {
  return parts.host + parts.path;
}

/** Host and path with only those parameters whose names a pattern finds. */
function matchQuery(args: readonly Value[]): Value | undefined {
  const text = urlText(args);
  const parts = text === undefined ? undefined : parseUrl(text);
  if (parts === undefined) return undefined;
  if (args.length === 1) return main(parts);
  const patterns = args.slice(1).map((value) => keyPattern(toText(value) ?? ''));
  if (patterns.includes(undefined)) return undefined;
  const kept = queryPairs(parts.query).filter(
    ([key]) => key.length <= MAX_KEY && patterns.some((pattern) => pattern?.test(key)),
  );
  return withQuery(main(parts), encodeQuery(kept));
}

/**
 * The regular expression of a parameter name. Groups, alternatives and more than two repetitions are refused: on a
 * backtracking engine they could take exponential time.
 */
function keyPattern(source: string): RegExp | undefined {
  const repetitions = source.match(/[*+?{]/g)?.length ?? 0;
  if (source === '' || source.length > MAX_KEY_PATTERN || /[(|]/.test(source) || repetitions > 2)
    return undefined;
  try {
    return new RegExp(source);
  } catch {
    return undefined;
  }
}

const qs = queryParameter(true);

export const URL_FUNCTIONS: FunctionTable = {
  host: ofUrl(hostOf),
  hosts: listOf(hostOf, { anyList: true }),
  domain: fn(1, 1, (args) => {
    const value = arg(args, 0);
    const text = typeof value === 'string' ? value : isKind(value, 'strings') ? (value.items[0] ?? '') : '';
    return domainOf(text);
  }),
  domains: listOf(domainsOf, { anyList: false }),
  path: ofUrl((text) => parseUrl(withHttpIfBare(text.toLowerCase()))?.path),
  qs,
  qsl: qs,
  qs2: queryParameter(false),
  urlmain: ofUrl((text) => {
    const parts = parseUrl(text);
    return parts === undefined ? undefined : main(parts);
  }),
  urlminusqs: fn(2, 2, minusQuery),
  urldecode: ofUrl(unescapeQuery),
  'url.matchqs': fn(1, ANY, matchQuery),
};
