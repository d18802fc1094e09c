/**
 * First code of the engine process, built as CommonJS so that every runtime gets this far. It refuses a runtime that is
 * too old before the native module is loaded: better-sqlite3 13 needs Node-API 10 and crashes, rather than throws, on less.
 */
import type { ErrorShape } from '../../preload/contract/error.ts';

const NEEDED_NODE_API = 10;

function refuse(error: ErrorShape): void {
  const message = { fatal: error };
  const parentPort: unknown = Reflect.get(process, 'parentPort');
  if (typeof process.send === 'function') {
    process.send(message, () => process.exit(1));
  } else if (typeof parentPort === 'object' && parentPort !== null && 'postMessage' in parentPort) {
    // Electron 25 loses a message that is posted in the same turn as the exit, so the host ends this process instead.
    (parentPort as { postMessage(message: unknown): void }).postMessage(message);
  }
}

const nodeApi = Number(process.versions.napi ?? 0);
if (nodeApi < NEEDED_NODE_API) {
  refuse({
    code: 'ENGINE_RUNTIME',
    message:
      `The engine needs Node 22.14 or newer (Node-API ${NEEDED_NODE_API}); this is Node ${process.versions.node} (Node-API ${nodeApi}). ` +
      'Set SEGUE_NODE to a newer Node, or use a newer Electron.',
    detail: { node: process.versions.node, nodeApi, needed: NEEDED_NODE_API },
  });
} else {
  import('./process.js').catch((error: unknown) => {
    refuse({
      code: 'ENGINE_RUNTIME',
      message: `The engine's code could not be loaded: ${error instanceof Error ? error.message : String(error)}. Run npm ci, then start again.`,
    });
  });
}
