/** The most messages in any window of one second; `sent` is in order of time. */
export function busiestSecond(sent: readonly { atMs: number; count: number }[]): number {
  let most = 0;
  let inWindow = 0;
  let first = 0;
  for (const { atMs, count } of sent) {
    inWindow += count;
    for (let oldest = sent[first]; oldest !== undefined && oldest.atMs <= atMs - 1000; oldest = sent[first]) {
      inWindow -= oldest.count;
      first += 1;
    }
    most = Math.max(most, inWindow);
  }
  return most;
}
