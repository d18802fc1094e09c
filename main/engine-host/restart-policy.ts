/** What to do about an engine that ended by itself: start it again after a delay, or stop trying. */
export type RestartDecision = { restart: true; delayMs: number } | { restart: false };

const WINDOW_MS = 60_000;
const MAX_IN_WINDOW = 3;
const FIRST_DELAY_MS = 250;

/**
 * DESIGN §1: restart with back-off, at most three times in a minute.
 *
 * @param deathsMs when the engine ended by itself, the present time last, oldest first
 */
export function decideRestart(deathsMs: readonly number[]): RestartDecision {
  const now = deathsMs.at(-1) ?? 0;
  const recent = deathsMs.filter((at) => now - at < WINDOW_MS).length;
  if (recent > MAX_IN_WINDOW) return { restart: false };
  return { restart: true, delayMs: FIRST_DELAY_MS * 4 ** Math.max(0, recent - 1) };
}
