import { closeSync, openSync, writeSync } from 'node:fs';

/** A seeded pair of membership snapshots: about four of twenty audiences a user, two percent of the pairs changed. */
export interface SnapshotData {
  readonly users: number;
  readonly seed: number;
}

export const AUDIENCES = 20;
const FLUSH_BYTES = 1 << 20;

/**
 * Writes one snapshot as `user_id,segment` with the rows of a user scattered over the whole file; `day` 0 is the first,
 * day 1 differs in two percent of the pairs and stands in another order.
 */
export function writeSnapshot(file: string, { users, seed }: SnapshotData, day: number): { pairs: number } {
  const cells = users * AUDIENCES;
  const names = Array.from({ length: AUDIENCES }, (_, i) => `audience_${String(i).padStart(2, '0')}`);
  const stride = coprimeNear(Math.floor(cells * (day === 0 ? 0.6180339887 : 0.4142135623)), cells);
  const fd = openSync(file, 'w');
  const buffer = Buffer.allocUnsafe(FLUSH_BYTES + 64);
  let used = buffer.write('user_id,segment\n');
  let pairs = 0;
  let cell = (seed * 7919 + day) % cells;
  for (let i = 0; i < cells; i += 1) {
    cell += stride;
    if (cell >= cells) cell -= cells;
    const user = Math.floor(cell / AUDIENCES);
    const audience = cell % AUDIENCES;
    if (!isMember(cell, seed, day)) continue;
    pairs += 1;
    used += buffer.write(userId(user, seed), used, 'latin1');
    buffer[used] = 0x2c;
    used += 1;
    used += buffer.write(names[audience] ?? '', used, 'latin1');
    buffer[used] = 0x0a;
    used += 1;
    if (used >= FLUSH_BYTES) {
      writeSync(fd, buffer, 0, used);
      used = 0;
    }
  }
  writeSync(fd, buffer, 0, used);
  closeSync(fd);
  return { pairs };
}

/** Sixteen hex digits, different for each user: both halves are bijections of the number. */
function userId(user: number, seed: number): string {
  const high = mix(user ^ seed) >>> 0;
  const low = mix((user + 0x5bd1e995) ^ high) >>> 0;
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

function isMember(cell: number, seed: number, day: number): boolean {
  const base = (mix(cell ^ Math.imul(seed, 0x9e3779b1)) >>> 0) / 2 ** 32;
  const member = base < 0.2;
  if (day === 0) return member;
  // One percent of the members leave; as many others enter, four times as rare among four times as many.
  const chance = (mix(cell ^ Math.imul(day, 0x85ebca6b)) >>> 0) / 2 ** 32;
  return member ? chance >= 0.01 : chance < 0.0025;
}

function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function coprimeNear(start: number, modulus: number): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  let candidate = Math.max(1, start);
  while (gcd(candidate, modulus) !== 1) candidate += 1;
  return candidate;
}
