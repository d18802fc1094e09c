import { createDraftStore } from '../data/draft-store.ts';

/** A rule as it is being edited. */
export interface RuleDraft {
  readonly slug: string;
  readonly name: string;
  readonly text: string;
}

/** Edited rules that are not saved yet, by slug of the audience; the empty key is that of a new one. */
export const useRuleDrafts = createDraftStore<RuleDraft>();
