/** Compiles the engine's kernels (AssemblyScript) to WebAssembly, each beside the module that loads it. */
import { copyFileSync, globSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** What is compiled, without its ending: `folder/kernel/part` to `folder/part.wasm`. */
const PARTS = [
  'main/engine/input/kernel/profiles',
  'main/engine/profile/kernel/new-users',
  'main/engine/snapshot/kernel/rows',
  'main/engine/snapshot/kernel/users',
] as const;

/** A part lays out its memory from byte 1,024 on; its constants lie below. */
const OPTIONS = ['-O3', '--memoryBase', '16', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];

/** Where a part goes, from the root. */
function compiled(part: string): string {
  return join(dirname(part), '..', `${basename(part)}.wasm`);
}

/** Compiles the parts that are older than a source of any of them; throws with the compiler's messages. */
export async function ensureKernel(): Promise<void> {
  const sources = globSync('main/engine/*/kernel/*.ts', { cwd: root });
  const newestMs = Math.max(...sources.map((file) => statSync(join(root, file)).mtimeMs));
  for (const part of PARTS) {
    const builtMs = statSync(join(root, compiled(part)), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (builtMs < newestMs) await compile(part);
  }
}

async function compile(part: string): Promise<void> {
  // Loaded here: the compiler takes longer to load than to find that there is nothing to do.
  const { main } = await import('assemblyscript/asc');
  // Two processes may compile at once; each puts a whole file in place.
  const fresh = `${compiled(part)}-${process.pid}.wasm`;
  try {
    const { error, stderr } = await main(
      [`${part}.ts`, '--outFile', fresh, '--baseDir', root, ...OPTIONS],
      {},
    );
    if (error !== null || stderr.toString() !== '')
      throw new Error(`${part} cannot be compiled:\n${stderr.toString()}`);
    renameSync(join(root, fresh), join(root, compiled(part)));
  } finally {
    rmSync(join(root, fresh), { force: true });
  }
}

/** Puts the compiled kernels beside the engine's bundle. */
export function copyKernel(engineDir: string): void {
  for (const part of PARTS) {
    const file = compiled(part);
    copyFileSync(join(root, file), join(engineDir, basename(file)));
  }
}
