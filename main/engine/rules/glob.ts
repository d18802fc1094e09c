/**
 * LIKE patterns. `*` and `%` match anything but `/`, `**` anything, `?` one character but `/`, `[a-c]` and `[^a]` one of a
 * class, a backslash makes the next character plain. The whole text must match.
 *
 * Matching keeps the set of all places in the pattern that fit so far, so its time is text length × pattern length
 * whatever the pattern; a backtracking matcher would take exponential time for `*a*a*a*a*b`.
 */
export type GlobMatcher = (text: string) => boolean;

type Step =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'any' }
  | {
      readonly kind: 'class';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    }
  | { readonly kind: 'star'; readonly crosses: boolean };

/** Compiles a pattern; undefined when it is malformed (a class that does not end, a trailing backslash). */
export function compileGlob(pattern: string): GlobMatcher | undefined {
  const steps = parseGlob([...pattern.replaceAll('%', '*')]);
  if (steps === undefined) return undefined;
  return simpleMatcher(steps) ?? ((text) => simulate(steps, text));
}

function parseGlob(chars: readonly string[]): Step[] | undefined {
  const steps: Step[] = [];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? '';
    if (char === '*') {
      const start = i;
      while (chars[i + 1] === '*') i++;
      steps.push({ kind: 'star', crosses: i > start });
    } else if (char === '?') {
      steps.push({ kind: 'any' });
    } else if (char === '[') {
      const parsed = parseClass(chars, i + 1);
      if (parsed === undefined) return undefined;
      steps.push(parsed.step);
      i = parsed.end;
    } else if (char === '\\') {
      const next = chars[++i];
      if (next === undefined) return undefined;
      steps.push({ kind: 'char', char: next });
    } else {
      steps.push({ kind: 'char', char });
    }
  }
  return steps;
}

function parseClass(chars: readonly string[], start: number): { step: Step; end: number } | undefined {
  const negated = chars[start] === '^';
  const ranges: [string, string][] = [];
  let i = negated ? start + 1 : start;
  const one = (): string | undefined => {
    const char = chars[i++];
    if (char === '\\') return chars[i++];
    return char === '-' || char === ']' ? undefined : char;
  };
  while (chars[i] !== ']' || ranges.length === 0) {
    const low = one();
    if (low === undefined) return undefined;
    if (chars[i] !== '-') {
      ranges.push([low, low]);
      continue;
    }
    i++;
    const high = one();
    if (high === undefined) return undefined;
    ranges.push([low, high]);
  }
  return { step: { kind: 'class', negated, ranges }, end: i };
}

/** Plain text with at most one star at either end, by far the most common, needs no simulation. */
function simpleMatcher(steps: readonly Step[]): GlobMatcher | undefined {
  const first = steps[0];
  const last = steps.at(-1);
  const lead = first?.kind === 'star' ? first : undefined;
  const trail = steps.length > 1 && last?.kind === 'star' ? last : undefined;
  const middle = steps.slice(lead === undefined ? 0 : 1, trail === undefined ? undefined : -1);
  if (!middle.every((step) => step.kind === 'char')) return undefined;
  const plain = middle.map((step) => step.char).join('');
  if (lead !== undefined && trail !== undefined) return undefined;
  const { length } = plain;
  if (lead !== undefined) {
    return (text) => {
      if (!text.endsWith(plain)) return false;
      const slash = lead.crosses ? -1 : text.indexOf('/');
      return slash < 0 || slash >= text.length - length;
    };
  }
  if (trail !== undefined)
    return (text) => text.startsWith(plain) && (trail.crosses || text.indexOf('/', length) < 0);
  return (text) => text === plain;
}

function simulate(steps: readonly Step[], text: string): boolean {
  const end = steps.length;
  let current = new Uint8Array(end + 1);
  let next = new Uint8Array(end + 1);
  enter(steps, current, 0);
  for (const char of text) {
    next.fill(0);
    let alive = false;
    for (let i = 0; i < end; i++) {
      const step = steps[i];
      if (current[i] === 0 || step === undefined || !accepts(step, char)) continue;
      alive = true;
      enter(steps, next, step.kind === 'star' ? i : i + 1);
    }
    if (!alive) return false;
    [current, next] = [next, current];
  }
  return current[end] === 1;
}

/** Marks a place and, as a star may match nothing, the places after it. */
function enter(steps: readonly Step[], places: Uint8Array, from: number): void {
  let i = from;
  places[i] = 1;
  while (steps[i]?.kind === 'star') places[++i] = 1;
}

function accepts(step: Step, char: string): boolean {
  switch (step.kind) {
    case 'char':
      return step.char === char;
    case 'any':
      return char !== '/';
    case 'star':
      return step.crosses || char !== '/';
    case 'class':
      return step.ranges.some(([low, high]) => low <= char && char <= high) !== step.negated;
  }
}

const CACHE_SIZE = 500;
const cache = new Map<string, GlobMatcher | undefined>();

/** As {@link compileGlob}, remembering the patterns used last: for patterns that come from a profile, not from the rule. */
export function cachedGlob(pattern: string): GlobMatcher | undefined {
  if (cache.has(pattern)) return cache.get(pattern);
  if (cache.size >= CACHE_SIZE) cache.clear();
  const matcher = compileGlob(pattern);
  cache.set(pattern, matcher);
  return matcher;
}
