import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RejectedLine } from '../../../preload/contract/profile.ts';
import type { OnReject, Reject } from './reject.ts';

/** Rejects that are written together, in the order of the file: some show while it is cut into lines, others later. */
const MOST_HELD = 1024;
/** Rejects that an import's answer shows, so that nobody has to open the file to see what is wrong. */
const FIRST = 5;

/** The rejected lines of one import, in `rejects/<batch>.ndjson` of the workspace. */
export interface RejectFile {
  readonly add: OnReject;
  /** Rejects so far. */
  count(): number;
  /** The file's path; null while nothing was rejected. */
  path(): string | null;
  /** The first few of them, by line. */
  first(): RejectedLine[];
  /** Writes what is held back, before the import takes effect. */
  close(): void;
  /** Closes however the import ends. A report that cannot be written whole is removed, and adds no error to the first. */
  end(): void;
}

function byPlace(a: RejectedLine, b: RejectedLine): number {
  return a.line - b.line || a.column - b.column;
}

/**
 * Collects rejects in a file that is made with the first one: one JSON object a line, `{line, column, reason, excerpt}`.
 */
export function createRejectFile(workspace: string, batch: number): RejectFile {
  const folder = join(workspace, 'rejects');
  const file = join(folder, `${batch}.ndjson`);
  let descriptor: number | undefined;
  let held: Reject[] = [];
  let count = 0;
  const first: RejectedLine[] = [];
  function noteFirst({ line, column, reason }: Reject): void {
    const last = first.at(-1);
    if (first.length === FIRST && last !== undefined && line >= last.line) return;
    first.push({ line, column, reason });
    first.sort(byPlace);
    first.length = Math.min(first.length, FIRST);
  }
  function flush(): void {
    if (held.length === 0) return;
    if (descriptor === undefined) {
      mkdirSync(folder, { recursive: true });
      descriptor = openSync(file, 'w');
    }
    const lines = held.sort(byPlace).map(({ line, column, reason, excerpt }) => {
      return `${JSON.stringify({ line, column, reason, excerpt })}\n`;
    });
    held = [];
    // `writeSync` may take a part only, as when the disk fills up.
    writeFileSync(descriptor, lines.join(''));
  }
  function close(): void {
    flush();
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  }
  return {
    add(reject) {
      count += 1;
      noteFirst(reject);
      held.push(reject);
      if (held.length === MOST_HELD) flush();
    },
    count: () => count,
    first: () => first,
    path: () => (count === 0 ? null : file),
    close,
    end() {
      try {
        close();
      } catch {
        close();
        rmSync(file, { force: true });
      }
    },
  };
}
