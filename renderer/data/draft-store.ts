import { create } from 'zustand';

interface Drafts<Draft> {
  readonly drafts: Readonly<Record<string, Draft>>;
  readonly edit: (key: string, draft: Draft) => void;
  readonly drop: (key: string) => void;
}

/** A store of what was edited in a dialog and is not saved yet. It outlives the dialog, so that closing it loses nothing. */
export function createDraftStore<Draft>() {
  return create<Drafts<Draft>>((set) => ({
    drafts: {},
    edit: (key, draft) => set(({ drafts }) => ({ drafts: { ...drafts, [key]: draft } })),
    drop: (key) => set(({ drafts: { [key]: _, ...rest } }) => ({ drafts: rest })),
  }));
}
