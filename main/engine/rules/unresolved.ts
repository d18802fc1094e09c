import type { ResolveInclude } from './compile.ts';
import { summarize } from './summary.ts';

/** Longest way that is told; a longer chain of includes cannot be resolved for its length alone. */
const MAX_WAY = 200;

/**
 * Why an INCLUDE cannot be resolved, as the way on from it: in a circle, to an audience that does not exist, or too far.
 *
 * @param name the included audience, in lower case
 * @returns for example "it leads in a circle: a → b → a"; undefined when it can be resolved
 */
export function whyUnresolved(name: string, resolveInclude: ResolveInclude): string | undefined {
  const sound = new Set<string>();
  const follow = (way: readonly string[], last: string): string | undefined => {
    const told = [...way, last].join(' → ');
    if (way.includes(last)) return `it leads in a circle: ${told}`;
    if (way.length === MAX_WAY) return `it leads through more than ${MAX_WAY} audiences`;
    if (sound.has(last)) return undefined;
    const statement = resolveInclude(last);
    if (statement === undefined) return `there is no audience ${last}: ${told}`;
    for (const next of summarize([statement]).includes) {
      const why = follow([...way, last], next);
      if (why !== undefined) return why;
    }
    sound.add(last);
    return undefined;
  };
  return follow([], name);
}
