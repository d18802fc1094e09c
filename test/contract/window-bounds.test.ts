import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { fitBounds, type Rectangle } from '../../main/window/fit-bounds.ts';
import { readWindowState, writeWindowState } from '../../main/window/window-state.ts';

/** A display of 1280 × 800 with a bar of 40 pixels at the top, and a large one to its right. */
const laptop: Rectangle = { x: 0, y: 40, width: 1280, height: 760 };
const desk: Rectangle = { x: 1280, y: 0, width: 2560, height: 1440 };

function isWithin(inner: Rectangle, outer: Rectangle): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

describe('where the window opens', () => {
  test('a first window stands in the middle, and is cut down to a display that is smaller than it', () => {
    expect(fitBounds(null, [desk, laptop])).toEqual({ x: 1860, y: 270, width: 1400, height: 900 });
    expect(fitBounds(null, [laptop])).toEqual(laptop);
  });

  test('a window comes back where it was', () => {
    const was = { x: 1500, y: 200, width: 1200, height: 700 };
    expect(fitBounds(was, [laptop, desk])).toEqual(was);
  });

  test('a window of a display that was unplugged opens in the middle of the primary one', () => {
    const was = { x: 1500, y: 200, width: 1000, height: 700 };
    expect(fitBounds(was, [laptop])).toEqual({ x: 140, y: 70, width: 1000, height: 700 });
  });

  test('a window that stuck out is moved in, on the display that showed the most of it', () => {
    const was = { x: 1200, y: -50, width: 1300, height: 800 };
    expect(fitBounds(was, [laptop, desk])).toEqual({ x: 1280, y: 0, width: 1300, height: 800 });
  });

  test('whatever is remembered, the window is wholly on one display', () => {
    const rectangle = fc.record({
      x: fc.integer({ min: -9000, max: 9000 }),
      y: fc.integer({ min: -9000, max: 9000 }),
      width: fc.integer({ min: 1, max: 9000 }),
      height: fc.integer({ min: 1, max: 9000 }),
    });
    fc.assert(
      fc.property(rectangle, fc.array(rectangle, { minLength: 1, maxLength: 4 }), (was, areas) => {
        const opened = fitBounds(was, areas);
        expect(areas.some((area) => isWithin(opened, area))).toBe(true);
      }),
    );
  });
});

describe('how the window is remembered', () => {
  const folder = mkdtempSync(join(tmpdir(), 'segue-window-state-'));
  const file = join(folder, 'window.json');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('what was written is read again; anything else counts as nothing, and nothing that cannot be written stops it', () => {
    const state = { bounds: { x: 12, y: -40, width: 1400, height: 900 }, maximized: true };
    expect(readWindowState(file)).toBeNull();
    writeWindowState(file, state);
    expect(readWindowState(file)).toMatchObject(state);
    for (const text of ['', '{', '{"version":2}', '{"version":1,"bounds":{"x":"a"},"maximized":true}']) {
      writeFileSync(file, text);
      expect(readWindowState(file)).toBeNull();
    }
    writeWindowState(join(file, 'below-a-file.json'), state);
    expect(readdirSync(folder)).toEqual(['window.json']);
  });
});
