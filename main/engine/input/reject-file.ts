import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RejectedLine } from '../../../preload/contract/profile.ts';
import type { OnReject } from './reject.ts';

const FLUSH_CHARS = 64 * 1024;
/** Rejects that an import's answer shows, so that nobody has to open the file to see what is wrong. */
const FIRST = 5;

/** The rejected lines of one import, in `rejects/<batch>.ndjson` of the workspace. */
export interface RejectFile {
  readonly add: OnReject;
  /** Rejects so far. */
  count(): number;
  /** The file's path; null while nothing was rejected. */
  path(): string | null;
  /** The first few of them. */
  first(): RejectedLine[];
  /** Writes what is held back, before the import takes effect. */
  close(): void;
  /** Closes however the import ends. A report that cannot be written whole is removed, and adds no error to the first. */
  end(): void;
}

/**
 * Collects rejects in a file that is made with the first one: one JSON object a line, `{line, column, reason, excerpt}`.
 */
export function createRejectFile(workspace: string, batch: number): RejectFile {
  const folder = join(workspace, 'rejects');
  const file = join(folder, `${batch}.ndjson`);
  let descriptor: number | undefined;
  let held = '';
  let count = 0;
  const first: RejectedLine[] = [];
  function flush(): void {
    if (held === '') return;
    if (descriptor === undefined) {
      mkdirSync(folder, { recursive: true });
      descriptor = openSync(file, 'w');
    }
    const text = held;
    held = '';
    // `writeSync` may take a part only, as when the disk fills up.
    writeFileSync(descriptor, text);
  }
  function close(): void {
    flush();
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  }
  return {
    add({ line, column, reason, excerpt }) {
      count += 1;
      if (first.length < FIRST) first.push({ line, column, reason });
      held += `${JSON.stringify({ line, column, reason, excerpt })}\n`;
      if (held.length > FLUSH_CHARS) flush();
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
