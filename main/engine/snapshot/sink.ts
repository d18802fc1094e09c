import { compareInstants, type Instant, parseInstant } from '../core/instant.ts';
import { userKeyBytesFault, userKeyFault } from '../core/user-key.ts';
import { hashKey, MAX_KEY_BYTES } from '../membership/key.ts';
import type { ImportAudiences } from './audiences.ts';
import { addRecord, NO_AUDIENCE, RESTART } from './record.ts';
import type { Spill } from './spill.ts';

/** What readers of every format put rows into. Each method gives the reason when it rejects, undefined when it took the row. */
export interface RowSink {
  /** One pair, over bytes that are known to be valid UTF-8 without NUL. An empty enter time (`start === end`) is none. */
  pair(
    view: DataView,
    keyStart: number,
    keyEnd: number,
    audience: number,
    enteredAt: Instant | undefined,
  ): void;
  /** One pair as text. */
  pairText(userId: string, ref: string, enteredAt: string): string | undefined;
  /** All audiences of one user: what earlier lines said of the user is replaced. Audiences with a rule are passed over. */
  profile(userId: string, refs: readonly string[]): string | undefined;
  /**
   * As {@link profile}, over bytes that are known to be valid UTF-8 without NUL, and with audiences by number, each once. The
   * key is one that {@link keyProblem} has nothing against.
   */
  profileBytes(view: DataView, keyStart: number, keyLength: number, numbers: readonly number[]): void;
  /** Checks a key, over bytes that are known to be valid UTF-8 without NUL. */
  keyProblem(bytes: Buffer, start: number, end: number): string | undefined;
  /** Checks an enter time. */
  enterTime(text: string): Instant | string | undefined;
  /** Rows taken so far. */
  rows(): number;
  /** Whether any of them has an enter time. */
  timed(): boolean;
}

/** A sink that spreads rows over the partitions of a spill. */
export function createRowSink(spill: Spill, audiences: ImportAudiences, at: Instant): RowSink {
  let rows = 0;
  let timed = false;
  const scratch = Buffer.alloc(MAX_KEY_BYTES + 4);
  const scratchView = new DataView(scratch.buffer, scratch.byteOffset, scratch.length);

  function keyProblem(bytes: Buffer, start: number, end: number): string | undefined {
    const fault = userKeyBytesFault(bytes, start, end);
    return fault === undefined ? undefined : `The user ${fault}`;
  }

  /** Writes a key to `scratch` and gives its length, or why it is no key. */
  function putKey(userId: string): number | string {
    const fault = userKeyFault(userId);
    return fault === undefined ? scratch.write(userId) : `The user ${fault}`;
  }

  function addProfile(view: DataView, keyStart: number, keyLength: number, numbers: readonly number[]): void {
    const hash = hashKey(view, keyStart, keyLength);
    let flags = RESTART;
    for (const audience of numbers) {
      if (audiences.all[audience]?.rule === true) continue;
      addRecord(spill, view, keyStart, keyLength, hash, audience, flags, undefined);
      flags = 0;
    }
    if (flags !== 0) addRecord(spill, view, keyStart, keyLength, hash, 0, RESTART | NO_AUDIENCE, undefined);
    rows += 1;
  }

  function enterTime(text: string): Instant | string | undefined {
    if (text === '') return undefined;
    const instant = parseInstant(text);
    if (instant === undefined)
      return `The enter time "${text.slice(0, 40)}" is not a time such as 2026-11-23T09:00:00Z`;
    if (compareInstants(instant, at) > 0) return `The enter time ${text} is later than the snapshot's own`;
    return instant;
  }

  return {
    keyProblem,
    enterTime,
    rows: () => rows,
    timed: () => timed,
    pair(view, keyStart, keyEnd, audience, enteredAt) {
      const length = keyEnd - keyStart;
      addRecord(spill, view, keyStart, length, hashKey(view, keyStart, length), audience, 0, enteredAt);
      timed ||= enteredAt !== undefined;
      rows += 1;
    },
    pairText(userId, ref, enteredText) {
      const length = putKey(userId);
      if (typeof length === 'string') return length;
      const enteredAt = enterTime(enteredText);
      if (typeof enteredAt === 'string') return enteredAt;
      const audience = audiences.resolveImported(ref);
      if (typeof audience === 'string') return audience;
      addRecord(spill, scratchView, 0, length, hashKey(scratchView, 0, length), audience, 0, enteredAt);
      timed ||= enteredAt !== undefined;
      rows += 1;
      return undefined;
    },
    profile(userId, refs) {
      const length = putKey(userId);
      if (typeof length === 'string') return length;
      const numbers: number[] = [];
      for (const ref of refs) {
        const audience = audiences.resolve(ref);
        if (typeof audience === 'string') return audience;
        numbers.push(audience);
      }
      addProfile(scratchView, 0, length, numbers);
      return undefined;
    },
    profileBytes: addProfile,
  };
}
