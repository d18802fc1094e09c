import { expect, it } from 'vitest';
import { createBufferPool } from '../../../main/engine/profile/buffer-pool.ts';

it('a pool gives buffers out again, once they are given back and where they are large enough', () => {
  const pool = createBufferPool();
  const textOf = (buffer: Buffer, { length }: Buffer) => buffer.toString('latin1', 0, length);
  const [small, large] = [Buffer.alloc(100, 'a'), Buffer.alloc(200_000, 'b')];
  const first = pool.copyOf(small);
  const second = pool.copyOf(large);
  expect([textOf(first, small), textOf(second, large)]).toEqual([small.toString(), large.toString()]);
  pool.giveBack(first);
  const third = pool.copyOf(large);
  expect(textOf(third, large)).toBe(large.toString());
  expect(textOf(second, large)).toBe(large.toString());
  pool.giveBack(third);
  expect(pool.copyOf(small)).toBe(third);
});
