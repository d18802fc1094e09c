import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { formatInstant } from '../core/instant.ts';
import type { ImportAudience } from './audiences.ts';
import type { StagedChange } from './change-stage.ts';

const FLUSH_CHARS = 64 * 1024;

/** The changes of one import as NDJSON; the file appears under its name once the import is done. */
export interface OutFile {
  /** A function that adds one change, in the order of the history. */
  writer(audiences: readonly ImportAudience[]): (change: StagedChange) => void;
  /** Gives the complete file its name. */
  publish(): void;
  /** Removes what was not published. Must be called however the import ends. */
  close(): void;
}

/** Opens the result file of an import: lines of `{user_id, audience, event, at, enter, exit}`. */
export function createOutFile(path: string): OutFile {
  const partial = `${path}.partial`;
  let descriptor: number | undefined = openSync(partial, 'w');
  let held = '';
  function flush(): void {
    if (descriptor !== undefined) writeSync(descriptor, held);
    held = '';
  }
  return {
    writer: (audiences) => (change) => {
      const { userId, audience, event, at, enter } = change;
      const time = formatInstant(at);
      held += `${JSON.stringify({
        user_id: userId,
        audience: audiences[audience]?.slug,
        event,
        at: time,
        enter: formatInstant(enter),
        exit: event === 'exit' ? time : null,
      })}\n`;
      if (held.length > FLUSH_CHARS) flush();
    },
    publish() {
      flush();
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
      renameSync(partial, path);
    },
    close() {
      if (descriptor === undefined) return;
      closeSync(descriptor);
      descriptor = undefined;
      rmSync(partial, { force: true });
    },
  };
}
