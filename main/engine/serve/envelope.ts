import type { Answer, ErrorShape } from '../../../preload/contract/error.ts';
import type { EventName } from '../../../preload/contract/events.ts';
import type { Credentials } from '../context.ts';

/** A call on its way to the engine process. `call` is `domain.verb` of the engine's contract or of the internal one. */
export interface EngineRequest {
  readonly id: number;
  readonly call: string;
  readonly input: unknown;
  /** Keys for this one call, resolved by the host; held by the engine for the call or the run it starts. */
  readonly credentials?: Credentials;
}

/** What the engine process sends: the answer to a call, an event, or the reason why it cannot serve at all. */
export type EngineMessage =
  | { readonly id: number; readonly answer: Answer<unknown> }
  | { readonly event: EventName; readonly payload: unknown }
  | { readonly fatal: ErrorShape };
