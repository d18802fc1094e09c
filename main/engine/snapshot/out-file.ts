import { closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { notePartial } from '../batch/spill-folder.ts';
import { formatInstant } from '../core/instant.ts';
import type { MassChange } from '../history/mass-writer.ts';
import { partialName, refuseSameFile, refuseTarget, writeFault } from '../output/whole-file.ts';
import type { ImportAudience } from './audiences.ts';

const FLUSH_CHARS = 64 * 1024;

/** The changes of one import as NDJSON; the file appears under its name once the import is done. */
export interface OutFile {
  /** A function that adds one change, in the order of the history. */
  writer(audiences: readonly ImportAudience[]): (change: MassChange) => void;
  /** Writes what is held back: from here on only the name is missing. Call it before the import takes effect. */
  complete(): void;
  /** Gives the complete file its name. */
  publish(): void;
  /** Removes what was not published. Must be called however the import ends. */
  close(): void;
}

/**
 * Opens the result file of an import: lines of `{user_id, audience, event, at, enter, exit}`.
 *
 * @param source what the import reads
 * @param spill the spill folder and this import's name there, where what a killed process leaves is noted
 * @throws FILE_UNWRITABLE, as its functions do; DISK_FULL
 */
export function createOutFile(
  path: string,
  source: string,
  spill: { readonly folder: string; readonly name: string },
): OutFile {
  refuseTarget(path);
  refuseSameFile(path, source);
  const partial = partialName(path);
  const orFault = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw writeFault(error, path);
    }
  };
  const forget = notePartial(spill.folder, spill.name, partial);
  let descriptor: number | undefined = orFault(() => {
    try {
      return openSync(partial, 'wx');
    } catch (error) {
      forget();
      throw error;
    }
  });
  let published = false;
  let held = '';
  function flush(): void {
    const to = descriptor;
    if (to !== undefined) orFault(() => writeFileSync(to, held));
    held = '';
  }
  function letGo(): void {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  }
  return {
    writer(audiences) {
      const slugs = new Map(audiences.map(({ id, slug }) => [id, slug]));
      return ({ userId, audienceId, event, at, enter }) => {
        const time = formatInstant(at);
        held += `${JSON.stringify({
          user_id: userId,
          audience: slugs.get(audienceId),
          event,
          at: time,
          enter: formatInstant(enter),
          exit: event === 'exit' ? time : null,
        })}\n`;
        if (held.length > FLUSH_CHARS) flush();
      };
    },
    complete() {
      flush();
      letGo();
    },
    publish() {
      orFault(() => renameSync(partial, path));
      published = true;
    },
    close() {
      letGo();
      if (!published) rmSync(partial, { force: true });
      forget();
    },
  };
}
