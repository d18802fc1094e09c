import { create } from 'zustand';
import type { Workflow } from '../../preload/contract/workflow.ts';
import { type Draft, type DraftState, edited, openDraft, redone, undone } from './draft.ts';

/** The key of a workflow that was never saved; a saved one has its name as key. */
export function newDraftKey(n: number): string {
  // A control character: no stored workflow is named like this.
  return `\u0001new ${n}`;
}

interface DraftsState {
  readonly drafts: Readonly<Record<string, DraftState>>;
  readonly open: (saved: Workflow) => void;
  readonly begin: (present: Draft) => string;
  readonly edit: (key: string, present: Draft, field: string) => void;
  readonly undo: (key: string) => void;
  readonly redo: (key: string) => void;
  readonly drop: (key: string) => void;
}

function replace(drafts: DraftsState['drafts'], key: string, change: (draft: DraftState) => DraftState) {
  const draft = drafts[key];
  return draft === undefined ? drafts : { ...drafts, [key]: change(draft) };
}

/** Drafts by key. They outlive the form, so that leaving the view loses no edit. */
export const useDrafts = create<DraftsState>((set, get) => ({
  drafts: {},
  open: (saved) => {
    const known = get().drafts[saved.name];
    // A draft without edits follows the store; one with edits keeps them and compares with what is stored now.
    const draft =
      known === undefined || known.present === known.saved ? openDraft(saved) : { ...known, saved };
    set(({ drafts }) => ({ drafts: { ...drafts, [saved.name]: draft } }));
  },
  begin: (present) => {
    let n = 1;
    while (get().drafts[newDraftKey(n)] !== undefined) n += 1;
    const key = newDraftKey(n);
    set(({ drafts }) => ({
      drafts: { ...drafts, [key]: { saved: null, past: [], present, future: [], lastEdit: null } },
    }));
    return key;
  },
  edit: (key, present, field) =>
    set(({ drafts }) => ({
      drafts: replace(drafts, key, (draft) => edited(draft, present, field, Date.now())),
    })),
  undo: (key) => set(({ drafts }) => ({ drafts: replace(drafts, key, undone) })),
  redo: (key) => set(({ drafts }) => ({ drafts: replace(drafts, key, redone) })),
  drop: (key) =>
    set(({ drafts }) => {
      const { [key]: _dropped, ...rest } = drafts;
      return { drafts: rest };
    }),
}));
