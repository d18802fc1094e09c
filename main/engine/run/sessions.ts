import type { RunRow } from '../../../preload/contract/run.ts';
import type { EngineContext } from '../context.ts';
import type { Dispatcher } from '../dispatch/ports.ts';

/** A run that is being sent in this process. */
export interface Session {
  readonly dispatcher: Dispatcher;
  /** The run as it stands when the session has ended; never rejects. */
  readonly ended: Promise<RunRow>;
  /** Called with every progress, at most four times a second, and with the last. */
  readonly listeners: Set<(row: RunRow) => void>;
}

/** Why a run pauses when the workspace is closed; a live run that was paused so goes on when it is opened again. */
export const CLOSED = 'Segue was closed.';

const sessions = new WeakMap<EngineContext, Map<string, Session>>();

/** The sessions of an engine by the key of their run. */
export function sessionsOf(engine: EngineContext): Map<string, Session> {
  let found = sessions.get(engine);
  if (found === undefined) {
    found = new Map();
    sessions.set(engine, found);
  }
  return found;
}

/** The session of a run, undefined when it is not being sent in this process. */
export function findSession(engine: EngineContext, runKey: string): Session | undefined {
  return sessionsOf(engine).get(runKey);
}

/** Pauses every run of this process and waits until each is settled: for the end of the engine. */
export async function pauseAll(engine: EngineContext, reason: string): Promise<void> {
  const open = [...sessionsOf(engine).values()];
  for (const { dispatcher } of open) dispatcher.stop('paused', reason);
  await Promise.all(open.map(({ ended }) => ended));
}
