import type { RunState } from '../../../preload/contract/run.ts';
import { SegueError } from '../core/errors.ts';

/** What can happen to a run. */
export type RunAction =
  | 'begin'
  | 'pause'
  | 'resume'
  | 'retry'
  | 'cancel'
  | 'complete'
  | 'complete_with_errors'
  | 'fail'
  | 'interrupt';

const TRANSITIONS: Readonly<Record<RunState, Partial<Record<RunAction, RunState>>>> = {
  planned: { begin: 'running', cancel: 'cancelled', fail: 'failed' },
  running: {
    pause: 'paused',
    cancel: 'cancelled',
    complete: 'completed',
    complete_with_errors: 'completed_with_errors',
    fail: 'failed',
    interrupt: 'interrupted',
  },
  paused: { resume: 'running', retry: 'running', cancel: 'cancelled' },
  interrupted: { resume: 'running', retry: 'running', cancel: 'cancelled' },
  completed: {},
  completed_with_errors: { retry: 'running' },
  cancelled: {},
  // A queue that was made again, or other keys, let a failed run go on.
  failed: { resume: 'running', retry: 'running', cancel: 'cancelled' },
};

/** The state that an action leads to (DESIGN §8), undefined when the action has no place in this state. */
export function nextState(state: RunState, action: RunAction): RunState | undefined {
  return TRANSITIONS[state][action];
}

/** {@link nextState}, for an action that a user asked for. @throws RUN_STATE naming the run and what can be done */
export function requireNextState(runId: string, state: RunState, action: RunAction): RunState {
  const next = nextState(state, action);
  if (next !== undefined) return next;
  const possible = Object.keys(TRANSITIONS[state]).filter((name) => USER_ACTIONS.has(name));
  throw new SegueError(
    'RUN_STATE',
    `Run ${runId} is ${state.replaceAll('_', ' ')}: it cannot ${action}. ` +
      (possible.length === 0 ? 'It has ended.' : `Possible now: ${possible.join(', ')}.`),
    { run: runId, state, action, possible },
  );
}

const USER_ACTIONS: ReadonlySet<string> = new Set<RunAction>(['pause', 'resume', 'retry', 'cancel']);
