import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A display to open windows on; `stop` ends it when it was started here. */
export interface Display {
  readonly name: string;
  stop(): void;
}

/** The present display, or an Xvfb of its own on a free number. */
export async function openDisplay(): Promise<Display> {
  const present = process.env.DISPLAY;
  if (present) return { name: present, stop: () => undefined };
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const numbers = child.stdio[3];
  if (!numbers) throw new Error('Xvfb gave no display number.');
  const failed = once(child, 'error').then(([error]) => {
    throw new Error(`Xvfb could not be started: ${String(error)}`);
  });
  const [number] = await Promise.race([once(numbers, 'data'), failed]);
  return { name: `:${String(number).trim()}`, stop: () => void child.kill() };
}
