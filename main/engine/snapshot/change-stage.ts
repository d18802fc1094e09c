import { closeSync, openSync, rmSync } from 'node:fs';
import { type AudienceTotals, changesOf, type Pack, type PackedChange } from '../history/pack.ts';
import { readAll, writeAll } from './spill.ts';

/** Bytes of packs that are held in memory before they go to the disk. */
const HELD_BYTES = 4 * 1024 * 1024;

/**
 * Keeps the packs of an import until it is known how many changes there are, on disk when they are many.
 *
 * A change is at the snapshot's own instant but where a live one lies ahead of it: then it is at its enter instant. Those late
 * ones stand in packs of their own.
 */
export interface ChangeStage {
  add(pack: Pack): void;
  addLate(pack: Pack): void;
  /** All changes. */
  count(): number;
  /** The packs of changes at the snapshot's own instant, in the order in which they were added. */
  packs(): Generator<Pack, void, void>;
  /** The changes that are at their enter instant. */
  late(): Generator<PackedChange, void, void>;
  close(): void;
}

/** What stays in memory of a pack: where its bytes are in the file. */
interface Spilled extends Omit<Pack, 'audiences' | 'prints' | 'body'> {
  readonly offset: number;
  readonly audiences: number;
  readonly prints: number;
  readonly body: number;
}

/** Opens a stage whose temporary file, if it needs one, is `file`. */
export function createChangeStage(file: string): ChangeStage {
  const spilled: Spilled[] = [];
  let held: Pack[] = [];
  let heldBytes = 0;
  const latePacks: Pack[] = [];
  let count = 0;
  let descriptor: number | undefined;
  let end = 0;

  function spill(): void {
    descriptor ??= openSync(file, 'w+');
    const parts: Uint8Array[] = [];
    for (const { audiences: totals, prints, body, ...rest } of held) {
      const audiences = encodeTotals(totals);
      const sizes = { audiences: audiences.length, prints: prints.length, body: body.length };
      spilled.push({ ...rest, ...sizes, offset: end });
      parts.push(audiences, prints, body);
      end += audiences.length + prints.length + body.length;
    }
    const bytes = Buffer.concat(parts);
    writeAll(descriptor, bytes, end - bytes.length);
    held = [];
    heldBytes = 0;
  }

  function readBack({ offset, audiences, prints, body, ...rest }: Spilled): Pack {
    const part = (at: number, length: number) => {
      const bytes = Buffer.alloc(length);
      readAll(descriptor as number, bytes, at);
      return bytes;
    };
    return {
      ...rest,
      audiences: decodeTotals(part(offset, audiences)),
      prints: part(offset + audiences, prints),
      body: part(offset + audiences + prints, body),
    };
  }

  return {
    add(pack) {
      held.push(pack);
      heldBytes += pack.body.length + pack.prints.length;
      count += pack.enters + pack.exits;
      if (heldBytes > HELD_BYTES) spill();
    },
    addLate(pack) {
      latePacks.push(pack);
      count += pack.enters + pack.exits;
    },
    count: () => count,
    *packs() {
      for (const one of spilled) yield readBack(one);
      yield* held;
    },
    *late() {
      for (const pack of latePacks) yield* changesOf(pack);
    },
    close() {
      if (descriptor === undefined) return;
      closeSync(descriptor);
      descriptor = undefined;
      rmSync(file, { force: true });
    },
  };
}

/** Three numbers of two bytes an audience; a pack has fewer changes than they can count. */
function encodeTotals(totals: readonly AudienceTotals[]): Uint8Array {
  return new Uint8Array(
    Uint16Array.from(totals.flatMap(({ id, enters, exits }) => [id, enters, exits])).buffer,
  );
}

function decodeTotals(bytes: Uint8Array): AudienceTotals[] {
  const numbers = new Uint16Array(Uint8Array.from(bytes).buffer);
  return Array.from({ length: numbers.length / 3 }, (_, n) => {
    const [id = 0, enters = 0, exits = 0] = numbers.subarray(n * 3, n * 3 + 3);
    return { id, enters, exits };
  });
}
