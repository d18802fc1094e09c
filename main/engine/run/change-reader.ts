import type { EventKind } from '../../../preload/contract/values.ts';
import { type Instant, instantOrNull } from '../core/instant.ts';
import { EVENT_CODES, eventOf } from '../history/codes.ts';
import { unpack } from '../history/pack.ts';
import type { Db } from '../store/store.ts';

/** A change as a message tells it. */
export interface SelectedChange {
  readonly seq: number;
  readonly audienceId: number;
  readonly event: EventKind;
  readonly enter: Instant | null;
  readonly exit: Instant | null;
}

/** What a message tells of a change, as it is stored. */
export type ToldRow = [
  audienceId: number,
  event: number,
  enterMs: number | null,
  enterCode: number | null,
  exitMs: number | null,
  exitCode: number | null,
];

/** Reads changes by their numbers; undefined when one is gone, because the import that made it was undone. */
export function createChangeReader(db: Db): (seqs: readonly number[]) => SelectedChange[] | undefined {
  // As arrays: a run reads millions, and an object with as many names for each took half as long again.
  const read = db
    .prepare<[number], ToldRow>(
      'SELECT audience_id, event, enter_ms, enter_code, exit_ms, exit_code FROM change WHERE seq = ?',
    )
    .raw();
  const readPacked = createPackedReader(db);
  return (seqs) => {
    const changes: SelectedChange[] = [];
    for (const seq of seqs) {
      const row = read.get(seq);
      const change = row === undefined ? readPacked(seq) : toldOf(seq, row);
      if (change === undefined) return undefined;
      changes.push(change);
    }
    return changes;
  };
}

function toldOf(
  seq: number,
  [audienceId, event, enterMs, enterCode, exitMs, exitCode]: ToldRow,
): SelectedChange {
  const [enter, exit] = [instantOrNull(enterMs, enterCode), instantOrNull(exitMs, exitCode)];
  return { seq, audienceId, event: eventOf(event), enter, exit };
}

/** Reads a packed change by its number. The pack read last is kept, as a run reads in the order of the changes. */
function createPackedReader(db: Db): (seq: number) => SelectedChange | undefined {
  const read = db.prepare<[number], { first: number; ms: number; code: number; body: Buffer }>(
    'SELECT first_seq AS first, at_ms AS ms, at_code AS code, body FROM change_pack WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
  );
  let first = 0;
  let changes: SelectedChange[] = [];
  return (seq) => {
    if (seq < first || seq >= first + changes.length) {
      const pack = read.get(seq);
      if (pack === undefined) return undefined;
      first = pack.first;
      const at = { ms: pack.ms, code: pack.code };
      changes = unpack(pack.body, {}, ({ place, audienceId, event, enter }) => ({
        seq: first + place,
        audienceId,
        event: eventOf(event),
        enter,
        exit: event === EVENT_CODES.exit ? at : null,
      }));
    }
    return changes[seq - first];
  };
}
