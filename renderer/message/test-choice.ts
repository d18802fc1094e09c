import { create } from 'zustand';
import type { TestShapeId } from './shapes.ts';

interface TestChoice {
  /** The typed user; null until a person types one, and the first stored user stands in. */
  readonly user: string | null;
  readonly shape: TestShapeId;
  readonly audience: string | null;
}

/** Whose message the preview shows, and in which shape; stays the same from workflow to workflow. */
export const useTestChoice = create<TestChoice>(() => ({ user: null, shape: 'enter', audience: null }));
