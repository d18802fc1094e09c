import { lateCrypto } from '../../core/crypto.ts';
import { plainText } from '../coerce.ts';
import { intValue, isEmpty, listItems, type Value } from '../values.ts';
import { arg, type FunctionTable, fn } from './spec.ts';

const MASK = (1n << 64n) - 1n;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function digest(algorithm: string) {
  return ofText((text) => lateCrypto().createHash(algorithm).update(text).digest('hex'));
}

function ofText(change: (text: string) => string | undefined) {
  return fn(1, 1, (args) => (isEmpty(arg(args, 0)) ? undefined : change(plainText(arg(args, 0)))));
}

/** SipHash-2-4 with the key (0, 1), as a signed integer (Aumasson and Bernstein, 2012). */
function sip(args: readonly Value[]): Value | undefined {
  const value = arg(args, 0);
  const text = typeof value === 'string' ? value : plainText(listItems(value)?.[0]);
  return text === '' ? undefined : intValue(BigInt.asIntN(64, sipHash(Buffer.from(text))));
}

function sipHash(bytes: Buffer): bigint {
  const v: [bigint, bigint, bigint, bigint] = [
    0x736f6d6570736575n,
    0x646f72616e646f6dn ^ 1n,
    0x6c7967656e657261n,
    0x7465646279746573n ^ 1n,
  ];
  const padded = Buffer.alloc((Math.floor(bytes.length / 8) + 1) * 8);
  bytes.copy(padded);
  padded[padded.length - 1] = bytes.length & 0xff;
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at);
    v[3] ^= word;
    sipRound(v);
    sipRound(v);
    v[0] ^= word;
  }
  v[2] ^= 0xffn;
  for (let round = 0; round < 4; round++) sipRound(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}

function sipRound(v: [bigint, bigint, bigint, bigint]): void {
  v[0] = (v[0] + v[1]) & MASK;
  v[1] = rotate(v[1], 13n) ^ v[0];
  v[0] = rotate(v[0], 32n);
  v[2] = (v[2] + v[3]) & MASK;
  v[3] = rotate(v[3], 16n) ^ v[2];
  v[0] = (v[0] + v[3]) & MASK;
  v[3] = rotate(v[3], 21n) ^ v[0];
  v[2] = (v[2] + v[1]) & MASK;
  v[1] = rotate(v[1], 17n) ^ v[2];
  v[2] = rotate(v[2], 32n);
}

export const HASH: FunctionTable = {
  hash: fn(1, 1, sip),
  'hash.sip': fn(1, 1, sip),
  'hash.md5': digest('md5'),
  'hash.sha1': digest('sha1'),
  'hash.sha256': digest('sha256'),
  'hash.sha512': digest('sha512'),
  'encoding.b64encode': ofText((text) => Buffer.from(text).toString('base64')),
  'encoding.b64decode': ofText((text) =>
    BASE64.test(text) ? Buffer.from(text, 'base64').toString() : undefined,
  ),
};
