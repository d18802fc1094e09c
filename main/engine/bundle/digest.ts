import { hash } from 'node:crypto';

/** Adds messages up to a checksum that does not depend on their order, so that shares add up to their whole. */
export interface MessageDigest {
  /** @param at the message's instant as RFC 3339 text */
  add(userId: string, at: string): void;
  /** 16 hex digits. */
  value(): string;
}

/**
 * The sum modulo 2^64 of the first eight bytes of the SHA-256 of each message's user and instant: a message that is
 * missing, doubled or another one changes it.
 */
export function createMessageDigest(): MessageDigest {
  // Two halves of 32 bits in plain numbers: a BigInt for every message costs more than its hash.
  let high = 0;
  let low = 0;
  return {
    add(userId, at) {
      const bytes = hash('sha256', `${at}\n${userId}`, 'buffer');
      low += bytes.readUInt32BE(4);
      high = (high + bytes.readUInt32BE(0) + Math.floor(low / 2 ** 32)) % 2 ** 32;
      low %= 2 ** 32;
    },
    value: () => hex(high) + hex(low),
  };
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
