import { useEffect, useRef } from 'react';
import { create } from 'zustand';
import { listen } from '../bridge.ts';
import { isMac, matchesChord } from './chord.ts';
import { type ActionId, actions, findAction } from './registry.ts';

type Handler = () => void;

interface HandlerState {
  readonly handlers: ReadonlyMap<ActionId, Handler>;
  readonly set: (id: ActionId, handler: Handler) => void;
  readonly clear: (id: ActionId, handler: Handler) => void;
}

/** What each action does at the moment; a view registers its actions while it is shown. */
export const useHandlers = create<HandlerState>((set) => ({
  handlers: new Map(),
  set: (id, handler) => set((state) => ({ handlers: new Map(state.handlers).set(id, handler) })),
  clear: (id, handler) =>
    set((state) => {
      if (state.handlers.get(id) !== handler) return state;
      const handlers = new Map(state.handlers);
      handlers.delete(id);
      return { handlers };
    }),
}));

/** Runs an action; false when nothing shown at the moment answers to it. */
export function runAction(id: string): boolean {
  const action = findAction(id);
  const handler = action && useHandlers.getState().handlers.get(action.id);
  if (handler === undefined) return false;
  handler();
  return true;
}

/** Makes an action available while the calling component is shown and `enabled` holds. */
export function useAction(id: ActionId, handler: Handler, enabled = true): void {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => {
    if (!enabled) return;
    const stable = () => latest.current();
    useHandlers.getState().set(id, stable);
    return () => useHandlers.getState().clear(id, stable);
  }, [id, enabled]);
}

function isOtherEditor(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const editable = target.isContentEditable || target.matches('input, textarea, select');
  return editable && target.closest('[data-undo-scope]') === null;
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.repeat) return;
  const action = actions.find(({ keys }) => keys !== undefined && matchesChord(keys, event, isMac()));
  if (action === undefined || (action.formOnly && isOtherEditor(event.target))) return;
  // A dialog has the keyboard to itself, so that a shortcut never acts on what lies beneath it.
  if (document.querySelector('.backdrop') !== null) return;
  if (runAction(action.id)) event.preventDefault();
}

/** Connects the keyboard and the application menu to the registry; returns the way to disconnect. */
export function connectActions(): () => void {
  window.addEventListener('keydown', onKeyDown);
  const stop = listen('command', ({ id }) => {
    runAction(id);
  });
  return () => {
    window.removeEventListener('keydown', onKeyDown);
    stop();
  };
}
