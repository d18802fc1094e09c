import type { InputOf, OutputOf } from './call.ts';
import type { Contract } from './contract.ts';
import type { Answer } from './error.ts';
import type { EventName, EventPayload } from './events.ts';

/**
 * What the page finds as `window.segue`: a verb per call, for example `segue.run.start(input)`, and `on` for events. Verbs
 * never reject; they answer with a value or a coded error, because an error object loses its code on the way through
 * Electron's context bridge.
 */
export type Bridge = {
  readonly [D in keyof Contract]: {
    readonly [V in keyof Contract[D]]: (
      input: InputOf<Contract[D][V]>,
    ) => Promise<Answer<OutputOf<Contract[D][V]>>>;
  };
} & {
  /**
   * Calls back for every event of a name until the returned function is called. A new listener of `engineState` is told
   * the present state at once.
   */
  readonly on: <N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void) => () => void;
};

/** The IPC channel of one call, `segue:run.start`. */
export const callChannel = (name: string): string => `segue:${name}`;

/** The IPC channel on which main pushes events: name and payload. */
export const EVENT_CHANNEL = 'segue:event';
