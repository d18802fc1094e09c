import { compareInstants, type Instant, parseInstant } from '../core/instant.ts';
import { userKeyBytesFault, userKeyFault } from '../core/user-key.ts';
import { MAX_KEY_BYTES } from '../membership/key.ts';
import type { ImportAudiences } from './audiences.ts';
import {
  FIRST,
  NONE,
  PAIR,
  PARTITIONS,
  READ_AHEAD,
  REGION_BYTES,
  TEXT_BYTES,
  TIMED,
} from './kernel/layout.ts';
import { openRowsKernel, type RowsKernel } from './kernel.ts';
import { createSpillFile, type Spilled } from './spill.ts';

/** Why a row was not taken, and which of its fields is at fault. */
export interface RowFault {
  readonly field: 'user' | 'segment' | 'entered';
  readonly reason: string;
}

/**
 * What readers of every format put rows into, spread over partitions by hash of the user. The methods that take text say what
 * is wrong when they reject it, undefined when they took the row.
 */
export interface RowSink extends Spilled {
  /** Takes rows from text by itself, see csv-rows.ts. */
  readonly kernel: RowsKernel;
  /** One pair as text. An empty enter time is none. */
  pairText(userId: string, ref: string, enteredAt: string): RowFault | undefined;
  /** All audiences of one user: what earlier lines said of the user is replaced. Audiences with a rule are passed over. */
  profile(userId: string, refs: readonly string[]): string | undefined;
  /**
   * As {@link profile}, over bytes that are known to be valid UTF-8 without NUL, and with audiences by number, each once. The
   * key is one that {@link keyProblem} has nothing against.
   */
  profileBytes(bytes: Buffer, keyStart: number, keyEnd: number, numbers: readonly number[]): void;
  /** Checks a key, over bytes that are known to be valid UTF-8 without NUL. */
  keyProblem(bytes: Buffer, start: number, end: number): string | undefined;
  /** Checks an enter time. */
  enterTime(text: string): Instant | string | undefined;
  /** Rows taken so far. */
  rows(): number;
  /** Whether any of them has an enter time. */
  timed(): boolean;
}

/** A sink whose temporary file, if it needs one, is `path`. */
export function createRowSink(path: string, audiences: ImportAudiences, at: Instant): RowSink {
  const file = createSpillFile(path, PARTITIONS);
  const kernel = openRowsKernel((partition, bytes) => {
    file.append(partition, words, regionStart(partition), bytes / 4);
  });
  kernel.reach(kernel.textRoom.value + TEXT_BYTES + READ_AHEAD);
  const words = new Int32Array(kernel.memory.buffer);
  const keyRoom = Buffer.from(kernel.memory.buffer, kernel.keyRoom.value, MAX_KEY_BYTES);
  const regionStart = (partition: number) => (kernel.regions.value + partition * REGION_BYTES) / 4;
  let rows = 0;
  let timed = false;

  function keyProblem(bytes: Buffer, start: number, end: number): string | undefined {
    const fault = userKeyBytesFault(bytes, start, end);
    return fault === undefined ? undefined : `The user ${fault}`;
  }

  /** Puts a key where the kernel takes it from and gives its length, or why it is no key. */
  function putKey(userId: string): number | string {
    const fault = userKeyFault(userId);
    return fault === undefined ? keyRoom.write(userId) : `The user ${fault}`;
  }

  function addRow(keyLength: number, audience: number, kind: number, enteredAt?: Instant): void {
    const { ms, code } = enteredAt ?? { ms: 0, code: 0 };
    kernel.addRow(kernel.keyRoom.value, keyLength, audience, kind, ms, code);
  }

  function addProfile(keyLength: number, numbers: readonly number[]): void {
    let kind = FIRST;
    for (const audience of numbers) {
      if (audiences.all[audience]?.rule === true) continue;
      addRow(keyLength, audience, kind);
      kind = PAIR;
    }
    if (kind === FIRST) addRow(keyLength, 0, NONE);
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
    kernel,
    keyProblem,
    enterTime,
    rows: () => rows + kernel.rows.value,
    timed: () => timed || kernel.timed.value !== 0,
    pairText(userId, ref, enteredText) {
      const length = putKey(userId);
      if (typeof length === 'string') return { field: 'user', reason: length };
      const enteredAt = enterTime(enteredText);
      if (typeof enteredAt === 'string') return { field: 'entered', reason: enteredAt };
      const audience = audiences.resolveImported(ref);
      if (typeof audience === 'string') return { field: 'segment', reason: audience };
      addRow(length, audience, enteredAt === undefined ? PAIR : TIMED, enteredAt);
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
      addProfile(length, numbers);
      return undefined;
    },
    profileBytes(bytes, keyStart, keyEnd, numbers) {
      for (let at = keyStart; at < keyEnd; at += 1) keyRoom[at - keyStart] = bytes[at] as number;
      addProfile(keyEnd - keyStart, numbers);
    },
    size(partition) {
      const inRegion = kernel.settleRegion(partition) / 4;
      return file.size(partition) + inRegion;
    },
    read(partition, target, offset) {
      const start = regionStart(partition);
      const inRegion = words.subarray(start, start + kernel.settleRegion(partition) / 4);
      file.read(partition, target, offset);
      target.set(inRegion, offset + file.size(partition));
    },
    close: file.close,
  };
}
