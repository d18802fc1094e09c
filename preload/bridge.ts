import { z } from 'zod';
import { callChannel } from './contract/bridge.ts';
import { contract } from './contract/contract.ts';
import { type Answer, errorShape } from './contract/error.ts';
import { type EventName, events } from './contract/events.ts';

/** The two things the bridge needs of Electron's `ipcRenderer`. */
export interface BridgeTransport {
  invoke(channel: string, input: unknown): Promise<unknown>;
  onEvent(listener: (name: unknown, payload: unknown) => void): void;
}

type Listener = (payload: unknown) => void;

const answerShape = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: errorShape }),
]);

/**
 * Builds what the page finds as `window.segue` (its type is `Bridge` of the contract): a verb per call, and `on`. The page
 * is given no channel names and no IPC object. Events of an unknown name or with a payload that breaks the contract are
 * dropped.
 */
export function createBridge(transport: BridgeTransport): Record<string, unknown> {
  const listeners = new Map<EventName, Set<Listener>>();
  let engineState: unknown;

  transport.onEvent((name, payload) => {
    if (!isEventName(name)) return;
    const parsed = events[name].safeParse(payload);
    if (!parsed.success) return;
    if (name === 'engineState') engineState = parsed.data;
    for (const listener of listeners.get(name) ?? []) listener(parsed.data);
  });

  function on(name: unknown, listener: unknown): () => void {
    if (!isEventName(name) || typeof listener !== 'function') {
      throw new TypeError('Expected the name of an event and a function.');
    }
    // A function of its own for each subscription: the same listener may be added twice and taken off once.
    const added: Listener = (payload) => void listener(payload);
    const present = listeners.get(name) ?? new Set();
    listeners.set(name, present.add(added));
    if (name === 'engineState' && engineState !== undefined) added(engineState);
    return () => void present.delete(added);
  }

  const verbs = Object.entries(contract).map(([domain, calls]) => {
    const bound = Object.keys(calls).map((verb) => {
      const channel = callChannel(`${domain}.${verb}`);
      return [verb, (input: unknown) => ask(transport, channel, input)] as const;
    });
    return [domain, Object.fromEntries(bound)] as const;
  });
  return { ...Object.fromEntries(verbs), on };
}

async function ask(transport: BridgeTransport, channel: string, input: unknown): Promise<Answer<unknown>> {
  try {
    return answerShape.parse(await transport.invoke(channel, input));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, error: { code: 'INTERNAL', message: `Main did not answer: ${message}` } };
  }
}

function isEventName(name: unknown): name is EventName {
  return typeof name === 'string' && Object.hasOwn(events, name);
}
