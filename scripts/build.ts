/** `npm run build`: bundles everything into `out/`. `ensureBuild` does so only when a source is newer than the bundle. */
import { globSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_FLAGS } from '../main/engine/core/node-flags.ts';
import { copyKernel, ensureKernel } from './build/kernel.ts';

const root = join(import.meta.dirname, '..');
const outDir = join(root, 'out');
const sources = ['main/**/*', 'preload/**/*', 'renderer/**/*', 'scripts/build/*.ts', 'package-lock.json'];

/**
 * Bundles page, main, preload, engine and command line; throws what Vite throws. Two builds at once do not disturb each
 * other: each makes a folder of its own, and the last one done takes the place of `out/`.
 */
export async function buildAll(): Promise<void> {
  const startedMs = performance.now();
  await ensureKernel();
  const startedAt = new Date();
  const fresh = join(root, '.cache', `build-${process.pid}`);
  try {
    await bundleInto(fresh);
    writeStamp(join(fresh, '.built'), startedAt);
    rmSync(outDir, { recursive: true, force: true });
    renameSync(fresh, outDir);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  console.error(`Built out/ in ${((performance.now() - startedMs) / 1000).toFixed(1)} s.`);
}

async function bundleInto(folder: string): Promise<void> {
  // A test runner's own value would bring the development build of React into the window.
  process.env.NODE_ENV = 'production';
  // Loaded here, as every `npm run segue` asks whether there is anything to build, and mostly there is not.
  const [{ build }, { targets }] = await Promise.all([import('vite'), import('./build/targets.ts')]);
  // One after the other: the bundler uses every core for each of them already.
  for (const { config } of targets(root, folder)) await build(config);
  copyKernel(join(folder, 'engine'));
  // In a packed Segue the engine lies apart from the app's package.json, and is ES modules all the same.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  mkdirSync(join(folder, 'cli'), { recursive: true });
  writeFileSync(
    join(folder, 'cli', 'segue.js'),
    `#!/usr/bin/env -S node ${NODE_FLAGS.join(' ')}\nimport '../engine/segue.js';\n`,
    {
      mode: 0o755,
    },
  );
}

/** The stamp carries the time at which the build began: a source saved meanwhile is newer. */
function writeStamp(file: string, at: Date): void {
  writeFileSync(file, '');
  utimesSync(file, at, at);
}

/** Builds when there is no build or a source is newer than it. */
export async function ensureBuild(): Promise<void> {
  const builtMs = statSync(join(outDir, '.built'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (newestSourceMs() > builtMs) await buildAll();
}

function newestSourceMs(): number {
  const times = globSync(sources, { cwd: root }).map((file) => statSync(join(root, file)).mtimeMs);
  return Math.max(...times);
}

if (import.meta.main) await buildAll();
