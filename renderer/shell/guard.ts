import { create } from 'zustand';
import { CallError } from '../bridge.ts';

/** What a guarded call is given beside its input: the typed name, the trusted host. */
export interface Guards {
  confirm?: string;
  trustHost?: string;
}

/** What would happen to a production queue. */
export type Doing = 'send' | 'drain';

/** A question that stands between a person and the queue. */
export type Question =
  | { readonly kind: 'name'; readonly workflow: string; readonly what: string; readonly does: Doing }
  | { readonly kind: 'host'; readonly host: string; readonly message: string };

interface GuardState {
  readonly question: Question | null;
  readonly answer: (yes: boolean) => void;
  readonly ask: (question: Question) => Promise<boolean>;
}

/** The one open question; asking while another is open answers that one with no. */
export const useGuard = create<GuardState>((set, get) => ({
  question: null,
  answer: () => undefined,
  ask: (question) => {
    get().answer(false);
    return new Promise<boolean>((resolve) => {
      set({
        question,
        answer: (yes) => {
          set({ question: null, answer: () => undefined });
          resolve(yes);
        },
      });
    });
  },
}));

interface Target {
  readonly workflow: string;
  readonly environment: string;
  /** What is about to happen, as a sentence for the dialog. */
  readonly what: string;
  /** Sending, unless told. */
  readonly does?: Doing;
}

/** Thrown when a person closes a question without agreeing; shown as "Cancelled", not as a failure. */
function declined(): CallError {
  return new CallError({ code: 'CANCELLED', message: 'Nothing was done.' });
}

function hostOf(error: CallError): string {
  return typeof error.detail.host === 'string' ? error.detail.host : '';
}

/**
 * Runs a call that sends: production asks for the workflow's name first, an unknown host asks once and the call is made
 * again with the answer. Rejects with CANCELLED when a question was declined.
 */
export async function guarded<T>(target: Target, send: (guards: Guards) => Promise<T>): Promise<T> {
  const { ask } = useGuard.getState();
  const guards: Guards = {};
  const confirmName = async () => {
    const { workflow, what, does = 'send' } = target;
    if (!(await ask({ kind: 'name', workflow, what, does }))) throw declined();
    guards.confirm = target.workflow;
  };
  if (target.environment === 'production') await confirmName();
  // At most one retry for each guard, so that a refusal that repeats itself reaches the person.
  for (;;) {
    try {
      return await send(guards);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (error.code === 'CONFIRMATION_REQUIRED' && guards.confirm === undefined) {
        await confirmName();
      } else if (
        error.code === 'ENDPOINT_UNCONFIRMED' &&
        guards.trustHost === undefined &&
        hostOf(error) !== ''
      ) {
        const host = hostOf(error);
        if (!(await ask({ kind: 'host', host, message: error.message }))) throw declined();
        guards.trustHost = host;
      } else {
        throw error;
      }
    }
  }
}
