import { create } from 'zustand';

export type ThemeChoice = 'light' | 'dark' | 'system';

const KEY = 'segue.theme';

function stored(): ThemeChoice {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
}

/** The look a choice stands for at the moment. */
export function resolveTheme(choice: ThemeChoice, systemDark: boolean): 'light' | 'dark' {
  if (choice === 'system') return systemDark ? 'dark' : 'light';
  return choice;
}

interface ThemeState {
  readonly choice: ThemeChoice;
  readonly choose: (choice: ThemeChoice) => void;
}

/** The chosen theme, kept for the next start. */
export const useTheme = create<ThemeState>((set) => ({
  choice: stored(),
  choose: (choice) => {
    localStorage.setItem(KEY, choice);
    set({ choice });
  },
}));

/** Keeps the page's theme in step with the choice and the system; returns the way to stop. */
export function applyTheme(): () => void {
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    document.documentElement.dataset.theme = resolveTheme(useTheme.getState().choice, system.matches);
  };
  apply();
  system.addEventListener('change', apply);
  const unsubscribe = useTheme.subscribe(apply);
  return () => {
    system.removeEventListener('change', apply);
    unsubscribe();
  };
}
