/** The parts of a URL, kept as written where the WHATWG parser would normalise them. `path` is decoded. */
export interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

const SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]*):/;
/** Spaces, controls, quotes and escapes do not occur in a host. */
const BAD_HOST = /[\s"<>\\^`{|}%]/;

/** Splits a URL or a relative reference after RFC 3986; undefined for one that is malformed. */
export function parseUrl(text: string): UrlParts | undefined {
  if (hasControl(text)) return undefined;
  const [withoutFragment = ''] = text.split('#', 1);
  const scheme = SCHEME.exec(withoutFragment)?.[1]?.toLowerCase() ?? '';
  if (scheme === '' && /^[^/?]*:/.test(withoutFragment)) return undefined;
  const rest = scheme === '' ? withoutFragment : withoutFragment.slice(scheme.length + 1);
  const mark = rest.indexOf('?');
  const beforeQuery = mark < 0 ? rest : rest.slice(0, mark);
  const query = mark < 0 ? '' : rest.slice(mark + 1);
  let host = '';
  let path = beforeQuery;
  if (beforeQuery.startsWith('//')) {
    const slash = beforeQuery.indexOf('/', 2);
    const authority = slash < 0 ? beforeQuery.slice(2) : beforeQuery.slice(2, slash);
    host = authority.slice(authority.lastIndexOf('@') + 1);
    path = slash < 0 ? '' : beforeQuery.slice(slash);
    if (BAD_HOST.test(host) || !/^(?:.*:)?\d*$|^[^:]*$/.test(host.replace(/^\[.*\]/, ''))) return undefined;
  } else if (scheme !== '' && !beforeQuery.startsWith('/')) {
    // What follows, as in `mailto:x`, is no path.
    path = '';
  }
  const decoded = unescapePercent(path);
  return decoded === undefined ? undefined : { scheme, host, path: decoded, query };
}

function hasControl(text: string): boolean {
  for (const char of text) if (char < ' ' || char === '\u007f') return true;
  return false;
}

/** Decodes `%41`; undefined for an escape that is none. Bytes that are no UTF-8 become the replacement character. */
export function unescapePercent(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString(),
  );
}

/** Decodes a query text, where `+` is a space. */
export function unescapeQuery(text: string): string | undefined {
  return unescapePercent(text.replaceAll('+', ' '));
}

/** The pairs of a query in order; malformed ones are left out. */
export function queryPairs(query: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const part of query.split('&')) {
    if (part === '' || part.includes(';')) continue;
    const equals = part.indexOf('=');
    const key = unescapeQuery(equals < 0 ? part : part.slice(0, equals));
    const value = unescapeQuery(equals < 0 ? '' : part.slice(equals + 1));
    if (key !== undefined && value !== undefined) pairs.push([key, value]);
  }
  return pairs;
}

/** Writes a query with its keys in order. */
export function encodeQuery(pairs: readonly (readonly [string, string])[]): string {
  return [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
