import { MessageChannelMain, utilityProcess } from 'electron';
import { NODE_FLAGS } from '../engine/core/node-flags.ts';
import type { EngineMessage } from '../engine/serve/envelope.ts';
import type { EngineChannel } from './channel.ts';
import { readLines } from './output-lines.ts';

/** Starts the engine as Electron's utility process and talks to it over a MessagePort. */
export function startUtilityChannel(entryFile: string, onOutput: (line: string) => void): EngineChannel {
  const child = utilityProcess.fork(entryFile, [], {
    serviceName: 'Segue engine',
    stdio: 'pipe',
    execArgv: [...NODE_FLAGS],
  });
  const { port1: hostPort, port2: enginePort } = new MessageChannelMain();
  // Electron types the outputs as web streams' Node cousins; at run time they are Readable.
  readLines(child.stdout as Parameters<typeof readLines>[0], onOutput);
  readLines(child.stderr as Parameters<typeof readLines>[0], onOutput);
  child.postMessage({ connect: true }, [enginePort]);
  hostPort.start();
  return {
    kind: 'utility',
    post: (request) => hostPort.postMessage(request),
    onMessage(listener) {
      hostPort.on('message', ({ data }) => listener(data as EngineMessage));
      // The boot code refuses an unfit runtime before it has the port.
      child.on('message', (message) => listener(message as EngineMessage));
    },
    onExit: (listener) => void child.once('exit', (code) => listener(`exit code ${code}`)),
    kill: () => void child.kill(),
  };
}
