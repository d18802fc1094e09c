/**
 * The known name nearest to one that was not found, for a "did you mean": fewest slips, case aside, at most a third of the
 * name's length or two, one in a name of up to four letters. Undefined when nothing is near. Only the first 10,000 names are
 * looked at.
 */
export function nearestName(wanted: string, known: Iterable<string>): string | undefined {
  const target = wanted.toLowerCase().slice(0, 64);
  let best: string | undefined;
  let bestDistance = (target.length < 5 ? 1 : Math.max(2, Math.floor(target.length / 3))) + 1;
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

/**
 * Letters to add, leave out, replace or swap with their neighbour, each once (optimal string alignment); any number from
 * `limit` on means "at least that".
 */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = swaps ? (before[j - 2] ?? 0) + 1 : replaced;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? limit;
}
