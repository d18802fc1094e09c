import { create } from 'zustand';

/** Where the window is: a section of the rail, or a page below one. */
export type Place =
  | { readonly name: Section }
  | { readonly name: 'replay'; readonly workflow: string }
  | { readonly name: 'run'; readonly id: string };

export type Section =
  | 'workflows'
  | 'profiles'
  | 'audiences'
  | 'history'
  | 'runs'
  | 'sandbox'
  | 'authorizations'
  | 'settings';

interface NavigationState {
  readonly place: Place;
  /** The key of the draft that is open in Workflows, null while none was chosen. */
  readonly workflow: string | null;
  readonly user: string | null;
  readonly audience: string | null;
  readonly go: (place: Place) => void;
  readonly openWorkflow: (key: string | null) => void;
  readonly openUser: (user: string) => void;
  readonly openAudience: (slug: string) => void;
}

/** The place shown and what is selected in it; every change goes through these few verbs. */
export const useNavigation = create<NavigationState>((set) => ({
  place: { name: 'workflows' },
  workflow: null,
  user: null,
  audience: null,
  go: (place) => set({ place }),
  openWorkflow: (workflow) => set({ workflow, place: { name: 'workflows' } }),
  openUser: (user) => set({ user, place: { name: 'profiles' } }),
  openAudience: (audience) => set({ audience, place: { name: 'audiences' } }),
}));

/** The rail's section that a place belongs to. */
export function sectionOf(place: Place): Section {
  if (place.name === 'replay') return 'workflows';
  if (place.name === 'run') return 'runs';
  return place.name;
}
