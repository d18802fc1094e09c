import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyHasher } from '../../../main/engine/profile/body-hash.ts';
import { murmur } from './murmur.ts';

describe('the hash of a profile', () => {
  it('is what stands in stores, for bytes of any length', () => {
    const hash = bodyHasher('user_id');
    for (let length = 0; length <= 100; length += 1) {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (bytes) => {
          const padded = Uint8Array.from([1, ...bytes, 2]);
          expect(hash(new DataView(padded.buffer), 1, 1 + length)).toEqual(murmur(bytes, 'user_id'));
        }),
        { numRuns: 10 },
      );
    }
  });

  it('is another one under another key field', () => {
    const bytes = new DataView(Uint8Array.from([1, 2, 3]).buffer);
    const [first, second] = ['user_id', 'id'].map((field) => bodyHasher(field)(bytes, 0, 3));
    expect(first).not.toEqual(second);
    expect(first).toEqual({ a: -1525399210, b: -1576498250 });
  });
});
