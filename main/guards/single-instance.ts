import { app } from 'electron';

/** True for the first Segue of this user; a second one shows the first one's window and is to end. */
export function isFirstInstance(showWindow: () => void): boolean {
  if (!app.requestSingleInstanceLock()) return false;
  app.on('second-instance', showWindow);
  return true;
}
