import { nearestName } from '../core/nearest.ts';

/** ` Did you mean "x"?` for a name that was not found, or nothing when no known name is near. Ends an error's message. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const found = nearestName(name, known);
  return found === undefined ? '' : ` Did you mean "${found}"?`;
}
