/**
 * A laid-out JSON text and, for every value in it by its JSON pointer, the line (from 1) on which it stands and its
 * offset in the source.
 */
export interface LaidOut {
  readonly text: string;
  readonly lines: ReadonlyMap<string, number>;
  readonly offsets: ReadonlyMap<string, number>;
}

const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,:[\]{}"]+/y;

interface Frame {
  readonly close: '}' | ']';
  readonly pointer: string;
  index: number;
  key: string | null;
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function readKey(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token.slice(1, -1);
  }
}

/**
 * Lays JSON out over lines by its tokens alone. Nothing is parsed into numbers, so that digits, key order and escapes
 * stay as they are; only white space between tokens differs. Text that is no JSON comes back as far as it can be read.
 */
export function layOutJson(source: string): LaidOut {
  const lines = new Map<string, number>();
  const offsets = new Map<string, number>();
  const stack: Frame[] = [];
  const parts: string[] = [];
  let line = 1;
  let afterOpen = false;
  let at = 0;

  const newline = () => {
    parts.push(`\n${'  '.repeat(stack.length)}`);
    line += 1;
  };
  const pointer = () => {
    const top = stack.at(-1);
    if (top === undefined) return '';
    return `${top.pointer}/${top.close === ']' ? top.index : escapePointer(top.key ?? '')}`;
  };
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0] ?? null;
  };

  while (at < source.length) {
    const char = source[at] ?? '';
    if (/\s/.test(char)) {
      at += 1;
      continue;
    }
    if (afterOpen && char !== '}' && char !== ']') newline();
    if (char === '{' || char === '[') {
      const here = pointer();
      lines.set(here, line);
      offsets.set(here, at);
      parts.push(char);
      stack.push({ close: char === '{' ? '}' : ']', pointer: here, index: 0, key: null });
      at += 1;
      afterOpen = true;
      continue;
    } else if (char === '}' || char === ']') {
      stack.pop();
      if (!afterOpen) newline();
      parts.push(char);
      at += 1;
    } else if (char === ',') {
      const top = stack.at(-1);
      if (top !== undefined) {
        top.index += 1;
        top.key = null;
      }
      parts.push(',');
      newline();
      at += 1;
    } else if (char === ':') {
      parts.push(': ');
      at += 1;
    } else {
      const token = take(char === '"' ? STRING : SCALAR) ?? source.slice(at);
      const top = stack.at(-1);
      if (top?.close === '}' && top.key === null) top.key = readKey(token);
      else {
        lines.set(pointer(), line);
        offsets.set(pointer(), at);
      }
      parts.push(token);
      at += token.length;
    }
    afterOpen = false;
  }
  return { text: parts.join(''), lines, offsets };
}

/** The line of the value a JSON pointer names, or of the nearest value around it. */
export function lineOf({ lines }: LaidOut, pointer: string): number {
  return nearest(lines, pointer) ?? 1;
}

/** The same in the source itself, however its author broke the lines. */
export function sourceLineOf(source: string, pointer: string): number {
  const offset = nearest(layOutJson(source).offsets, pointer) ?? 0;
  return source.slice(0, offset).split('\n').length;
}

function nearest(places: ReadonlyMap<string, number>, pointer: string): number | undefined {
  for (let path = pointer; ; path = path.slice(0, path.lastIndexOf('/'))) {
    const place = places.get(path);
    if (place !== undefined || !path.includes('/')) return place;
  }
}

const STRING_OR_SPACE = /("(?:[^"\\]|\\.)*")|\s+/g;

/** Takes the white space between the tokens out again. */
export function compactJson(source: string): string {
  return source.replace(STRING_OR_SPACE, '$1');
}
