import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const pixels = z.int().min(-100_000).max(100_000);

const windowState = z.object({
  version: z.literal(1),
  bounds: z.object({ x: pixels, y: pixels, width: pixels.positive(), height: pixels.positive() }),
  maximized: z.boolean(),
});

/** Where the window was when it was last closed; `bounds` are those of the window when it is not maximized. */
export type WindowState = Omit<z.infer<typeof windowState>, 'version'>;

/** Reads a remembered window; null where there is none, or a file that is not one: the window then opens as the first. */
export function readWindowState(file: string): WindowState | null {
  try {
    return windowState.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** Remembers a window. A full disk or a read-only home is no reason to keep a window from closing. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    writeFileSync(file, `${JSON.stringify({ version: 1, ...state })}\n`);
  } catch {
    // The next window opens where the one before was.
  }
}
