/**
 * The quick scan of a text that is known to be a JSON object. Strings are skipped by a native search for the next quote,
 * which is what makes it fast: a loop over every character costs more than the rest of building a message.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const SPACE = 0x20;
/** `[` and `{`, `]` and `}` differ in this bit alone. */
const BRACE_BIT = 0x20;

/** Pushes each member's four offsets (see ObjectText) and returns the offset of the closing brace. */
export function storedMembers(text: string, open: number, offsets: number[]): number {
  let i = skipSpace(text, open + 1);
  while (text.charCodeAt(i) === QUOTE) {
    const keyStart = i;
    const keyEnd = skipString(text, i);
    i = keyEnd;
    if (text.charCodeAt(i) !== COLON) i = skipSpace(text, i);
    i += 1;
    if (text.charCodeAt(i) <= SPACE) i = skipSpace(text, i);
    const valueStart = i;
    i = skipValue(text, i);
    offsets.push(keyStart, keyEnd, valueStart, i);
    if (text.charCodeAt(i) <= SPACE) i = skipSpace(text, i);
    if (text.charCodeAt(i) !== COMMA) return i;
    i += 1;
    if (text.charCodeAt(i) <= SPACE) i = skipSpace(text, i);
  }
  return i;
}

function skipValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return skipString(text, at);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(text, at);
  for (let i = at; ; i += 1) {
    const c = text.charCodeAt(i);
    // NaN, past the end, is not greater either.
    if (!(c > SPACE) || c === COMMA || c === CLOSE_BRACE) return i;
  }
}

function skipNested(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; ) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      i = skipString(text, i);
      continue;
    }
    i += 1;
    if ((c | BRACE_BIT) === OPEN_BRACE) depth += 1;
    else if ((c | BRACE_BIT) === CLOSE_BRACE) {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return text.length;
}

function skipString(text: string, at: number): number {
  let quote = text.indexOf('"', at + 1);
  while (text.charCodeAt(quote - 1) === BACKSLASH && isEscaped(text, quote))
    quote = text.indexOf('"', quote + 1);
  return quote < 0 ? text.length : quote + 1;
}

/** True behind an odd number of backslashes. */
function isEscaped(text: string, quote: number): boolean {
  let i = quote - 1;
  while (text.charCodeAt(i) === BACKSLASH) i -= 1;
  return (quote - 1 - i) % 2 === 1;
}

function skipSpace(text: string, at: number): number {
  let i = at;
  while (text.charCodeAt(i) <= SPACE) i += 1;
  return i;
}
