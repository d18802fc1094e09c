import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count } from '../../../main/engine/core/count.ts';

describe('a count', () => {
  it('is written as English has it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -2000, max: 2000 })), (value) => {
        expect(count(value)).toBe(value.toLocaleString('en'));
      }),
    );
  });
});
