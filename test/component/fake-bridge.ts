import { z } from 'zod';
import type { Bridge } from '../../preload/contract/bridge.ts';
import type { Call } from '../../preload/contract/call.ts';
import { type Client, type Contract, contract } from '../../preload/contract/contract.ts';
import type { ErrorCode } from '../../preload/contract/error.ts';
import type { EventName, EventPayload } from '../../preload/contract/events.ts';

/** What a test answers: some of the contract's verbs. A verb that is not given answers NOT_FOUND. */
export type FakeVerbs = { [D in keyof Contract]?: Partial<Client<Contract>[D]> };

/** An error that the fake bridge passes on with its code, as main would. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly detail: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, detail: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

export interface FakeBridge {
  readonly bridge: Bridge;
  /** Every call so far, `domain.verb` with its parsed input. */
  readonly calls: { name: string; input: unknown }[];
  readonly emit: <N extends EventName>(name: N, payload: EventPayload<N>) => void;
}

type Verb = (input: unknown) => Promise<unknown>;

/**
 * A bridge without a main process behind it. Inputs and outputs pass the contract's schemas, so that a test can neither
 * send nor be answered what the real bridge would refuse.
 */
export function fakeBridge(verbs: FakeVerbs): FakeBridge {
  const calls: FakeBridge['calls'] = [];
  const listeners = new Map<string, Set<(payload: never) => void>>();
  const given = verbs as Record<string, Record<string, Verb | undefined> | undefined>;

  const answer = async (domain: string, verb: string, call: Call, input: unknown) => {
    const parsed = call.input.safeParse(input);
    if (!parsed.success) return refused('INVALID_INPUT', z.prettifyError(parsed.error));
    calls.push({ name: `${domain}.${verb}`, input: parsed.data });
    const handler = given[domain]?.[verb];
    if (handler === undefined) return refused('NOT_FOUND', `The test answers no ${domain}.${verb}.`);
    try {
      return { ok: true, value: call.output.parse(await handler(parsed.data)) };
    } catch (error) {
      if (error instanceof Refusal) return refused(error.code, error.message, error.detail);
      throw error;
    }
  };
  const domains = Object.entries(contract).map(([domain, entries]) => [
    domain,
    Object.fromEntries(
      Object.entries(entries as Record<string, Call>).map(([verb, call]) => [
        verb,
        (input: unknown) => answer(domain, verb, call, input),
      ]),
    ),
  ]);
  const on = (name: string, listener: (payload: never) => void) => {
    const present = listeners.get(name) ?? new Set();
    listeners.set(name, present.add(listener));
    return () => present.delete(listener);
  };
  return {
    bridge: { ...Object.fromEntries(domains), on },
    calls,
    emit: (name, payload) => {
      for (const listener of listeners.get(name) ?? []) listener(payload as never);
    },
  };
}

function refused(code: ErrorCode, message: string, detail: Record<string, unknown> = {}) {
  return { ok: false, error: { code, message, detail } };
}
