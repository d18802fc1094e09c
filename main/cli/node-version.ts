import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../engine/core/node-flags.ts';

/** better-sqlite3 13 needs Node-API 10: Node 22.14 or later. Node 20 crashes while loading it, without an error. */
const OLDEST_MAJOR = 22;

/**
 * True when this Node can run Segue. Otherwise the same command is run by the Node that the dev dependency `node`
 * brings, or, where that is not there, an error is printed; the exit code is set either way.
 */
export async function runOnFittingNode(): Promise<boolean> {
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_MAJOR) return true;
  const fitting = findNode();
  if (fitting === undefined) {
    process.stderr.write(
      `segue: Node ${OLDEST_MAJOR} or later is needed, this is ${process.version}. Install it, or run "npm ci" in the repository.\n`,
    );
    process.exitCode = 1;
    return false;
  }
  const { spawnSync } = await import('node:child_process');
  const { status } = spawnSync(fitting, [...NODE_FLAGS, ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
  return false;
}

function findNode(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'node_modules', 'node', 'bin', 'node');
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
}
