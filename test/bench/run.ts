/** `npm run bench -- NAME [options]`: runs one benchmark beside its baselines. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureKernel } from '../../scripts/build/kernel.ts';

interface Benchmark {
  run(args: string[]): Promise<void> | void;
}

const folder = import.meta.dirname;
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== basename(import.meta.filename))
  .map((file) => basename(file, '.ts'));
const [name = '', ...args] = process.argv.slice(2);

if (names.includes(name)) {
  await ensureKernel();
  const benchmark: Benchmark = await import(pathToFileURL(join(folder, `${name}.ts`)).href);
  await benchmark.run(args);
} else {
  console.error(`Benchmarks: ${names.join(', ')}`);
  process.exitCode = 2;
}
