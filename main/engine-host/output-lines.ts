import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Reads a process's output line by line; a stream that is not there is fine. */
export function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', onLine);
}
