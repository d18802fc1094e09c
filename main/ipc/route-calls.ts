import { findCall, type Handlers, type MainContract, mainContract } from '../../preload/contract/contract.ts';
import type { Answer } from '../../preload/contract/error.ts';
import { toErrorShape } from '../engine/core/errors.ts';
import type { EngineHost } from '../engine-host/engine-host.ts';
import type { AnswerParsed } from './answer-call.ts';
import type { FindCredentials } from './call-credentials.ts';

type AnyHandler = (input: unknown, context: undefined) => unknown;

/** Sends a parsed call where it is answered: main's own handlers, or the engine with the keys that the call needs. */
export function routeCalls(
  own: Handlers<MainContract, undefined>,
  engine: Pick<EngineHost, 'call'>,
  findCredentials: FindCredentials,
): AnswerParsed {
  const ownHandlers: Record<string, Record<string, unknown>> = own;

  async function answerHere(name: string, input: unknown): Promise<Answer<unknown>> {
    const [domain = '', verb = ''] = name.split('.');
    // The name was found in the contract that the handlers are typed by, so the parsed input is the handler's own.
    const handler = ownHandlers[domain]?.[verb] as AnyHandler;
    return { ok: true, value: await handler(input, undefined) };
  }

  return async (name, input) => {
    try {
      if (findCall(mainContract, name) !== undefined) return await answerHere(name, input);
      return await engine.call(name, input, await findCredentials(name, input));
    } catch (error) {
      return { ok: false, error: toErrorShape(error) };
    }
  };
}
