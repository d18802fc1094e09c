import { create } from 'zustand';
import type { SendResult } from '../../preload/contract/message.ts';
import { describeError } from '../bridge.ts';

/** Where the last test send of a workflow stands. */
type TestSend =
  | { readonly state: 'sending' | 'cancelled' }
  | { readonly state: 'failed'; readonly error: unknown }
  | { readonly state: 'sent'; readonly result: SendResult };

/**
 * The last test send of each workflow, by name. Kept outside the editor, which is made anew when the first save gives a
 * workflow its name while its test is on the way.
 */
export const useTestSend = create<{ readonly tests: Readonly<Record<string, TestSend>> }>(() => ({
  tests: {},
}));

/** Runs a test send and records where it stands. Never rejects: a failure is shown in place. */
export async function runTest(workflow: string, send: () => Promise<SendResult>): Promise<void> {
  const set = (test: TestSend) =>
    useTestSend.setState(({ tests }) => ({ tests: { ...tests, [workflow]: test } }));
  set({ state: 'sending' });
  try {
    set({ state: 'sent', result: await send() });
  } catch (error) {
    set(describeError(error).code === 'CANCELLED' ? { state: 'cancelled' } : { state: 'failed', error });
  }
}
