import fc from 'fast-check';
import { expect, test } from 'vitest';
import { workflowFile } from '../../preload/contract/workflow.ts';
import {
  copyName,
  type DraftState,
  edited,
  emptyDraft,
  isDirty,
  openDraft,
  redone,
  undone,
} from '../../renderer/workflow/draft.ts';
import { workflowOf } from './sample-rows.ts';

const rename = (state: DraftState, name: string, atMs: number) =>
  edited(state, { ...state.present, name }, 'name', atMs);

test('undoing every edit returns to the saved workflow, redoing them to the last draft', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 20 }), (names) => {
      const start = openDraft(workflowOf());
      const last = names.reduce((state, name, at) => rename(state, name, at * 5000), start);
      let state = last;
      while (state.past.length > 0) state = undone(state);
      expect(isDirty(state)).toBe(false);
      while (state.future.length > 0) state = redone(state);
      expect(state.present).toEqual(last.present);
    }),
  );
});

test('typing a word is one step, a pause begins another', () => {
  let state = openDraft(workflowOf({ name: 'A' }));
  for (const [at, name] of ['Ab', 'Abc', 'Abcd'].entries()) state = rename(state, name, at * 200);
  expect(state.past).toHaveLength(1);
  state = rename(state, 'Abcde', 5000);
  expect(state.past).toHaveLength(2);
  expect(undone(state).present.name).toBe('Abcd');
});

test('an edit ends the way to redo, and an edit that changes nothing does not', () => {
  const state = undone(rename(openDraft(workflowOf({ name: 'A' })), 'B', 0));
  expect(rename(state, 'A', 9000).future).toHaveLength(1);
  expect(rename(state, 'C', 9000).future).toHaveLength(0);
});

test('going back to the saved values by hand is not dirty', () => {
  const state = rename(rename(openDraft(workflowOf({ name: 'A' })), 'B', 0), 'A', 9000);
  expect(isDirty(state)).toBe(false);
});

test('a new workflow is valid and has a subscription id of its own', () => {
  const [one, two] = [emptyDraft(), emptyDraft()];
  expect(workflowFile.safeParse(one).success).toBe(true);
  expect(one.subscriptionId).not.toBe(two.subscriptionId);
});

test('a copy takes the first name that is free', () => {
  expect(copyName('A', ['A'])).toBe('A copy');
  expect(copyName('A', ['A', 'A copy', 'A copy 2'])).toBe('A copy 3');
});
