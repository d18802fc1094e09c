import { parseUrl } from './parse-url.ts';

/** The scheme and host that the window is loaded from; nothing else is ever shown in it. */
export const APP_SCHEME = 'app';
export const APP_HOST = 'segue';
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`;

/** True for an address of our own origin. Compared by parts: a prefix test would take `app://segue.example` for ours. */
export function isAppUrl(text: string): boolean {
  const url = parseUrl(text);
  if (url === undefined) return false;
  const { protocol, host, username, password } = url;
  return protocol === `${APP_SCHEME}:` && host === APP_HOST && username === '' && password === '';
}
