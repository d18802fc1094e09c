/** Compiles the snapshot kernel (main/engine/snapshot/kernel, AssemblyScript) to WebAssembly beside the module that loads it. */
import { copyFileSync, globSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const folder = 'main/engine/snapshot';
const parts = ['rows', 'users'] as const;

const OPTIONS = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];

function compiled(part: string): string {
  return join(root, folder, `${part}.wasm`);
}

/** Compiles the parts that are older than a source of the kernel; throws with the compiler's messages. */
export async function ensureKernel(): Promise<void> {
  const sources = globSync(`${folder}/kernel/*.ts`, { cwd: root });
  const newestMs = Math.max(...sources.map((file) => statSync(join(root, file)).mtimeMs));
  for (const part of parts) {
    const builtMs = statSync(compiled(part), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (builtMs < newestMs) await compile(part);
  }
}

async function compile(part: string): Promise<void> {
  // Loaded here: the compiler takes longer to load than to find that there is nothing to do.
  const { main } = await import('assemblyscript/asc');
  // Two processes may compile at once; each puts a whole file in place.
  const fresh = `${folder}/${part}-${process.pid}.wasm`;
  try {
    const { error, stderr } = await main(
      [`${folder}/kernel/${part}.ts`, '--outFile', fresh, '--baseDir', root, ...OPTIONS],
      {},
    );
    if (error !== null || stderr.toString() !== '')
      throw new Error(`The kernel's ${part} cannot be compiled:\n${stderr.toString()}`);
    renameSync(join(root, fresh), compiled(part));
  } finally {
    rmSync(join(root, fresh), { force: true });
  }
}

/** Puts the compiled kernel beside the engine's bundle. */
export function copyKernel(engineDir: string): void {
  for (const part of parts) copyFileSync(compiled(part), join(engineDir, `${part}.wasm`));
}
