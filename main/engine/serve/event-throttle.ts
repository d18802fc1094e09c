import type { EventName, EventPayload, StoreTable } from '../../../preload/contract/events.ts';

/** Sends one event of any name. */
export type Emit = <N extends EventName>(name: N, payload: EventPayload<N>) => void;

/** Events on their way to the window, thinned out. */
export interface EventThrottle {
  readonly emit: Emit;
  /** Drops what is held back. */
  close(): void;
}

interface Lane {
  timer: NodeJS.Timeout;
  held: (() => void) | undefined;
}

/**
 * Lets each run's progress through at most once per interval (STYLE: four times a second), the last one always delivered,
 * and joins the tables that changed within one interval into one event. Other events pass as they are; a job's progress is
 * thinned out by the engine itself.
 */
export function createEventThrottle(send: Emit, intervalMs = 250): EventThrottle {
  const lanes = new Map<string, Lane>();
  const changedTables = new Set<StoreTable>();

  function pass(key: string, deliver: () => void): void {
    const open = lanes.get(key);
    if (open !== undefined) {
      open.held = deliver;
      return;
    }
    lanes.set(key, { held: undefined, timer: setTimeout(() => reopen(key), intervalMs).unref() });
    deliver();
  }

  function reopen(key: string): void {
    const held = lanes.get(key)?.held;
    lanes.delete(key);
    if (held !== undefined) pass(key, held);
  }

  function sendChangedTables(): void {
    const tables = [...changedTables];
    changedTables.clear();
    send('storeChanged', { tables });
  }

  return {
    emit(name, payload) {
      if (isEvent('runProgress', name, payload)) {
        pass(`run ${payload.id}`, () => send('runProgress', payload));
      } else if (isEvent('storeChanged', name, payload)) {
        for (const table of payload.tables) changedTables.add(table);
        pass('store', sendChangedTables);
      } else {
        send(name, payload);
      }
    },
    close() {
      for (const lane of lanes.values()) clearTimeout(lane.timer);
      lanes.clear();
    },
  };
}

function isEvent<N extends EventName>(
  wanted: N,
  name: EventName,
  payload: unknown,
): payload is EventPayload<N> {
  return name === wanted && payload !== null;
}
