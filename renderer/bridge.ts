import type { Bridge } from '../preload/contract/bridge.ts';
import { type Client, type Contract, contract } from '../preload/contract/contract.ts';
import type { Answer, ErrorCode, ErrorShape } from '../preload/contract/error.ts';
import type { EventName, EventPayload } from '../preload/contract/events.ts';

declare global {
  interface Window {
    readonly segue: Bridge;
  }
}

/** A refused or failed call, with the stable code that views and tests match on. */
export class CallError extends Error {
  readonly code: ErrorCode;
  readonly detail: Record<string, unknown>;

  constructor(shape: ErrorShape) {
    super(shape.message);
    this.name = 'CallError';
    this.code = shape.code;
    this.detail = shape.detail ?? {};
  }
}

/** Turns an answer into its value, or throws its error as a `CallError`. */
export function unwrap<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  throw new CallError(answer.error);
}

type Verb = (input: unknown) => Promise<Answer<unknown>>;

function bindClient(): Client<Contract> {
  const domains = Object.entries(contract).map(([domain, verbs]) => {
    const bound = Object.keys(verbs).map((verb) => {
      // Looked up at the call, so that importing this module needs no bridge.
      const invoke = async (input: unknown) => {
        const bridge = window.segue as unknown as Record<
          string,
          Record<string, Verb | undefined> | undefined
        >;
        const target = bridge[domain]?.[verb];
        if (target === undefined) {
          throw new CallError({ code: 'INTERNAL', message: `The window has no call ${domain}.${verb}.` });
        }
        return unwrap(await target(input));
      };
      return [verb, invoke] as const;
    });
    return [domain, Object.fromEntries(bound)] as const;
  });
  // One cast where names become verbs; the types on both sides come from the same contract.
  return Object.fromEntries(domains) as unknown as Client<Contract>;
}

/** Every call of the contract. A verb resolves to its value or rejects with a `CallError`. */
export const api: Client<Contract> = bindClient();

/** Listens to an event that is pushed to the window; returns the way to stop listening. */
export function listen<N extends EventName>(
  name: N,
  listener: (payload: EventPayload<N>) => void,
): () => void {
  return window.segue.on(name, listener);
}

/** Any thrown value as code and message, for a toast or a notice. */
export function describeError(error: unknown): {
  code: ErrorCode;
  message: string;
  detail: Record<string, unknown>;
} {
  if (error instanceof CallError) return { code: error.code, message: error.message, detail: error.detail };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message, detail: {} };
}

/** The nonce that main put into the page for style elements made at run time; undefined where the page has none. */
export function cspNonce(): string | undefined {
  const meta = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]');
  return meta?.nonce || meta?.content || undefined;
}

/** A fresh id for a long call, so that its progress can be told apart. */
export function newJobId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
