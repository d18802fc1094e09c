import { describe, expect, it } from 'vitest';
import { nextState, type RunAction, requireNextState } from '../../../main/engine/run/state.ts';
import { type RunState, runState } from '../../../preload/contract/run.ts';

const ACTIONS = [
  'begin',
  'pause',
  'resume',
  'retry',
  'cancel',
  'complete',
  'complete_with_errors',
  'fail',
  'interrupt',
] as const satisfies readonly RunAction[];

/** Every state and, in the order of ACTIONS, where each action leads; `.` means that it has no place there. */
const TABLE: Readonly<Record<RunState, readonly (RunState | '.')[]>> = {
  planned: ['running', '.', '.', '.', 'cancelled', '.', '.', 'failed', '.'],
  running: [
    '.',
    'paused',
    '.',
    '.',
    'cancelled',
    'completed',
    'completed_with_errors',
    'failed',
    'interrupted',
  ],
  paused: ['.', '.', 'running', 'running', 'cancelled', '.', '.', '.', '.'],
  interrupted: ['.', '.', 'running', 'running', 'cancelled', '.', '.', '.', '.'],
  completed: ['.', '.', '.', '.', '.', '.', '.', '.', '.'],
  completed_with_errors: ['.', '.', '.', 'running', '.', '.', '.', '.', '.'],
  cancelled: ['.', '.', '.', '.', '.', '.', '.', '.', '.'],
  failed: ['.', '.', 'running', 'running', 'cancelled', '.', '.', '.', '.'],
};

describe('the states of a run', () => {
  it.each(runState.options)('from %s go where the table says', (state) => {
    expect(ACTIONS.map((action) => nextState(state, action) ?? '.')).toEqual(TABLE[state]);
  });

  it('refuse a user’s action with what is possible instead', () => {
    expect(() => requireNextState('r1', 'paused', 'pause')).toThrow(
      expect.objectContaining({
        code: 'RUN_STATE',
        detail: { run: 'r1', state: 'paused', action: 'pause', possible: ['resume', 'retry', 'cancel'] },
      }),
    );
    expect(requireNextState('r1', 'paused', 'resume')).toBe('running');
  });
});
