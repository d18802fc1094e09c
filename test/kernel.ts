import { ensureKernel } from '../scripts/build/kernel.ts';

/** Tests run the engine's sources, which load the kernel compiled. */
export async function setup(): Promise<void> {
  await ensureKernel();
}
