import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SegueError } from '../engine/core/errors.ts';

/** How the engine process is started. */
export type EngineRuntime = { kind: 'utility' } | { kind: 'fork'; nodeBinary: string };

interface RuntimeFacts {
  /** `process.versions.napi` of Electron's own Node. */
  readonly nodeApi: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The folder that holds `node_modules`. */
  readonly appDir: string;
}

/** The Node-API version that better-sqlite3 13 is built for. */
const NEEDED_NODE_API = 10;

/**
 * Picks the way to start the engine: Electron's own `utilityProcess` where its Node can load the native modules, else a
 * Node binary (`SEGUE_NODE`, or the one in `node_modules`). `SEGUE_ENGINE_HOST` set to `utility` or `fork` decides instead.
 *
 * @throws ENGINE_RUNTIME when a Node binary is needed and none is there
 */
export function chooseRuntime({ nodeApi, env, platform, appDir }: RuntimeFacts): EngineRuntime {
  const wanted = env.SEGUE_ENGINE_HOST;
  const fit = Number(nodeApi ?? 0) >= NEEDED_NODE_API;
  if (wanted === 'utility' || (wanted !== 'fork' && fit)) return { kind: 'utility' };
  const own = join(appDir, 'node_modules', 'node', 'bin', platform === 'win32' ? 'node.exe' : 'node');
  const nodeBinary = env.SEGUE_NODE ?? own;
  if (existsSync(nodeBinary)) return { kind: 'fork', nodeBinary };
  throw new SegueError(
    'ENGINE_RUNTIME',
    `This Electron cannot run the engine itself, and there is no Node at ${nodeBinary}. Set SEGUE_NODE to a Node 22.14 or newer.`,
    { nodeBinary },
  );
}
