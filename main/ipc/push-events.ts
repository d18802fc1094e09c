import type { BrowserWindow } from 'electron';
import { EVENT_CHANNEL } from '../../preload/contract/bridge.ts';
import type { EventName } from '../../preload/contract/events.ts';

/**
 * Sends an event to the window, whose preload script checks the payload against the contract. No window is open during
 * start and end, and then nobody is there to be told.
 */
export function pushEvent(window: BrowserWindow | undefined, name: EventName, payload: unknown): void {
  if (window === undefined || window.isDestroyed()) return;
  window.webContents.send(EVENT_CHANNEL, name, payload);
}
