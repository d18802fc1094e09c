/**
 * The known name nearest to one that was not found, for a "did you mean": least edit distance, case aside, at most a third
 * of the name's length or two letters (swapping two is two edits), one in a name of one or two. Undefined when nothing is near. Only the first 10,000 names are looked at.
 */
export function nearestName(wanted: string, known: Iterable<string>): string | undefined {
  const target = wanted.toLowerCase().slice(0, 64);
  let best: string | undefined;
  let bestDistance = (target.length < 3 ? 1 : Math.max(2, Math.floor(target.length / 3))) + 1;
  let looked = 0;
  for (const name of known) {
    looked += 1;
    if (looked > 10_000) break;
    const distance = editDistance(target, name.toLowerCase().slice(0, 64), bestDistance);
    if (distance >= bestDistance) continue;
    best = name;
    bestDistance = distance;
  }
  return best;
}

/** Levenshtein distance; any number from `limit` on means "at least that". */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? limit;
}
