import type { z } from 'zod';
import { type Workflow, workflowFile } from '../../preload/contract/workflow.ts';
import { newJobId } from '../bridge.ts';

/** A workflow while it is edited: the file form, with every default filled in. */
export type Draft = z.output<typeof workflowFile>;

/** A draft with its undo history. `saved` is null for a workflow that was never saved. */
export interface DraftState {
  readonly saved: Draft | null;
  readonly past: readonly Draft[];
  readonly present: Draft;
  readonly future: readonly Draft[];
  /** The field and time (ms) of the last edit, so that typing a word is one step of undo. */
  readonly lastEdit: { readonly field: string; readonly at: number } | null;
}

const MAX_STEPS = 200;
const SAME_EDIT_MS = 1000;

/** A workflow to begin with; a name is all that is missing. */
export function emptyDraft(): Draft {
  return workflowFile.parse({
    name: 'New workflow',
    queueUrl: 'sandbox:triggers',
    subscriptionId: newJobId(),
  });
}

/** A draft of a stored workflow, without edits. */
export function openDraft(saved: Workflow): DraftState {
  return { saved, past: [], present: saved, future: [], lastEdit: null };
}

/** Text that is equal for equal drafts, whatever the order of their keys; also what the comparison shows. */
export function draftText(draft: Draft): string {
  const order = Object.keys(workflowFile.shape);
  const entries = Object.entries(draft).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

/** Whether a draft holds edits that are not saved. A workflow that was never saved is dirty. */
export function isDirty({ saved, present }: DraftState): boolean {
  return saved === null || draftText(saved) !== draftText(present);
}

/** Records an edit; edits of one field within a second are one step. Any edit ends the way to redo. */
export function edited(state: DraftState, present: Draft, field: string, atMs: number): DraftState {
  if (draftText(present) === draftText(state.present)) return state;
  const last = state.lastEdit;
  const same =
    last !== null && last.field === field && atMs - last.at < SAME_EDIT_MS && state.past.length > 0;
  const past = same ? state.past : [...state.past, state.present].slice(-MAX_STEPS);
  return { ...state, past, present, future: [], lastEdit: { field, at: atMs } };
}

/** One step back; the same state when there is none. */
export function undone(state: DraftState): DraftState {
  const present = state.past.at(-1);
  if (present === undefined) return state;
  return {
    ...state,
    past: state.past.slice(0, -1),
    present,
    future: [state.present, ...state.future],
    lastEdit: null,
  };
}

/** One step forward again; the same state when there is none. */
export function redone(state: DraftState): DraftState {
  const [present, ...future] = state.future;
  if (present === undefined) return state;
  return { ...state, past: [...state.past, state.present], present, future, lastEdit: null };
}

/** A name that is not taken: `X copy`, `X copy 2`, … */
export function copyName(name: string, taken: readonly string[]): string {
  for (let n = 1; ; n += 1) {
    const candidate = `${name} copy${n === 1 ? '' : ` ${n}`}`;
    if (!taken.includes(candidate)) return candidate;
  }
}
