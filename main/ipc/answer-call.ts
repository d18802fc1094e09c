import { z } from 'zod';
import type { Call } from '../../preload/contract/call.ts';
import type { Answer, ErrorShape } from '../../preload/contract/error.ts';
import { toErrorShape } from '../engine/core/errors.ts';
import { isTrustedSender, type Sender } from './sender.ts';

/** Answers one parsed call, from main itself or from the engine. */
export type AnswerParsed = (name: string, input: unknown) => Promise<Answer<unknown>>;

/**
 * Answers one IPC call, or refuses it: first who sent it, then what it says, then the work itself, then whether the
 * answer keeps the contract. Never rejects and never answers undefined.
 */
export async function answerCall(
  name: string,
  declared: Call,
  sender: Sender,
  input: unknown,
  answer: AnswerParsed,
): Promise<Answer<unknown>> {
  if (!isTrustedSender(sender)) {
    return refuse('SENDER_REFUSED', `${name} was refused: it did not come from Segue's own page.`);
  }
  const parsed = declared.input.safeParse(input);
  if (!parsed.success) {
    return refuse('INVALID_INPUT', `${name}: ${z.prettifyError(parsed.error)}`, {
      issues: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    });
  }
  try {
    const answered = await answer(name, parsed.data);
    if (!answered.ok) return answered;
    const output = declared.output.safeParse(answered.value);
    if (output.success) return { ok: true, value: output.data };
    return refuse('INTERNAL', `The answer of ${name} breaks the contract: ${z.prettifyError(output.error)}`);
  } catch (error) {
    return { ok: false, error: toErrorShape(error) };
  }
}

function refuse(code: ErrorShape['code'], message: string, detail?: Record<string, unknown>): Answer<never> {
  return { ok: false, error: { code, message, ...(detail === undefined ? {} : { detail }) } };
}
