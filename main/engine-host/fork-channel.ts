import { fork } from 'node:child_process';
import type { ErrorShape } from '../../preload/contract/error.ts';
import { NODE_FLAGS } from '../engine/core/node-flags.ts';
import type { EngineMessage } from '../engine/serve/envelope.ts';
import type { EngineChannel } from './channel.ts';
import { readLines } from './output-lines.ts';

/** Starts the engine with a Node binary of its own, for an Electron whose Node is too old for the native modules. */
export function startForkChannel(
  entryFile: string,
  nodeBinary: string,
  onOutput: (line: string) => void,
): EngineChannel {
  // JSON serialization: the two runtimes' V8 versions differ, and so would the structured clone format.
  const child = fork(entryFile, [], {
    execPath: nodeBinary,
    execArgv: [...NODE_FLAGS],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'json',
  });
  readLines(child.stdout, onOutput);
  readLines(child.stderr, onOutput);
  return {
    kind: 'fork',
    // A send fails only when the process is gone, which `exit` reports.
    post: (request) => void child.send(request, () => undefined),
    onMessage(listener) {
      child.on('message', (message) => listener(message as EngineMessage));
      child.once('error', (error) => {
        if (child.pid === undefined) listener({ fatal: notStarted(nodeBinary, error) });
      });
    },
    onExit(listener) {
      child.once('exit', (code, signal) =>
        listener(signal === null ? `exit code ${code}` : `signal ${signal}`),
      );
      child.once('error', () => {
        if (child.pid === undefined) listener('not started');
      });
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function notStarted(nodeBinary: string, error: Error): ErrorShape {
  return {
    code: 'ENGINE_RUNTIME',
    message: `The engine could not be started with ${nodeBinary}: ${error.message}. Set SEGUE_NODE to a Node 22.14 or newer.`,
  };
}
