import { create } from 'zustand';

/** A rule as it is being edited. */
export interface RuleDraft {
  readonly slug: string;
  readonly name: string;
  readonly text: string;
}

interface RuleDrafts {
  /** By slug of the audience; the empty key is that of a new one. */
  readonly drafts: Readonly<Record<string, RuleDraft>>;
  readonly edit: (key: string, draft: RuleDraft) => void;
  readonly drop: (key: string) => void;
}

/** Edited rules that are not saved yet. They outlive the dialog, so that closing it loses nothing. */
export const useRuleDrafts = create<RuleDrafts>((set) => ({
  drafts: {},
  edit: (key, draft) => set(({ drafts }) => ({ drafts: { ...drafts, [key]: draft } })),
  drop: (key) => set(({ drafts: { [key]: _, ...rest } }) => ({ drafts: rest })),
}));
