import type { EngineMessage, EngineRequest } from '../engine/serve/envelope.ts';

/** The host's end of the line to one engine process, from its start to its exit. */
export interface EngineChannel {
  readonly kind: 'utility' | 'fork';
  post(request: EngineRequest): void;
  onMessage(listener: (message: EngineMessage) => void): void;
  /** Called once, when the process has ended or could not be started; the text says how. */
  onExit(listener: (how: string) => void): void;
  kill(): void;
}

/** Starts an engine process. Everything that the process writes to its outputs goes to `onOutput`, line by line. */
export type StartChannel = (onOutput: (line: string) => void) => EngineChannel;
