import { readFileSync } from 'node:fs';

/** What every kernel exports. */
export interface KernelMemory {
  readonly memory: WebAssembly.Memory;
  /** Makes the memory reach up to an address. What was a view of it before is one of nothing. */
  reach(end: number): void;
}

/** An address, or a number, that a kernel exports. */
export type KernelGlobal = WebAssembly.Global<'i32'>;

const modules = new Map<string, WebAssembly.Module>();

/**
 * An instance of a kernel, whose compiled code lies beside the module that opens it, of the bundle and of the sources
 * (scripts/build/kernel.ts).
 *
 * @param from the `import.meta.url` of that module
 */
export function openKernel<T extends KernelMemory>(
  from: string,
  file: string,
  imports: WebAssembly.Imports,
): T {
  const module = modules.get(file) ?? new WebAssembly.Module(readFileSync(new URL(`./${file}`, from)));
  modules.set(file, module);
  return new WebAssembly.Instance(module, imports).exports as unknown as T;
}
