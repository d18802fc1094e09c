import type { EngineMessage, EngineRequest } from './envelope.ts';

/** The engine process's end of the line to its host. */
export interface EnginePort {
  post(message: EngineMessage): void;
  onRequest(listener: (request: EngineRequest) => void): void;
  /** The host is gone; there is nobody left to serve. */
  onClose(listener: () => void): void;
}

/** The part of Electron's `process.parentPort` and MessagePortMain that is used; the engine does not import Electron. */
interface MessageTarget {
  on(event: 'message', listener: (event: { data: unknown; ports: MessageTarget[] }) => void): void;
  on(event: 'close', listener: () => void): void;
  postMessage(message: unknown): void;
  start(): void;
}

/**
 * Connects to whichever host started this process: Electron's `utilityProcess`, which hands over a MessagePort in its
 * first message, or `child_process.fork`.
 *
 * @throws Error when the process was started by hand
 */
export async function connectToHost(): Promise<EnginePort> {
  const parentPort: unknown = Reflect.get(process, 'parentPort');
  if (isMessageTarget(parentPort)) return portOfUtilityProcess(parentPort);
  if (typeof process.send === 'function') return portOfFork();
  throw new Error('The engine process is started by Segue; it has no use of its own.');
}

function portOfUtilityProcess(parentPort: MessageTarget): Promise<EnginePort> {
  return new Promise((resolve) => {
    parentPort.on('message', ({ ports: [port] }) => {
      if (port === undefined) return;
      resolve({
        post: (message) => port.postMessage(message),
        onRequest(listener) {
          port.on('message', ({ data }) => listener(data as EngineRequest));
          port.start();
        },
        onClose: (listener) => port.on('close', listener),
      });
    });
  });
}

function portOfFork(): EnginePort {
  return {
    // A send fails only when the host is gone, which `disconnect` reports.
    post: (message) => void process.send?.(message, undefined, undefined, () => undefined),
    onRequest: (listener) => void process.on('message', (message) => listener(message as EngineRequest)),
    onClose: (listener) => void process.on('disconnect', listener),
  };
}

function isMessageTarget(value: unknown): value is MessageTarget {
  return typeof value === 'object' && value !== null && 'postMessage' in value;
}
