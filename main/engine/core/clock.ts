/** Milliseconds since 1970 UTC. Passed in everywhere, so that a test or `--now` decides what time it is. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
