import { app, type Session } from 'electron';
import { isAppUrl } from '../protocol/origin.ts';
import { parseUrl } from '../protocol/parse-url.ts';

/** Keeps every page, present and future, on our own origin: no navigation elsewhere, no new windows, no webviews. */
export function guardWebContents(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.on('will-navigate', (event) => {
      if (!isAppUrl(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => {
      if (!isAppUrl(event.url)) event.preventDefault();
    });
  });
}

/** Beside our own origin: pictures within styles, and the inspector where it is on. */
const OWN_SCHEMES = ['data:', 'devtools:'];

/** Denies every permission and every request that leaves the app: the page has neither devices nor network. */
export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    answer({ cancel: !isAppUrl(url) && !OWN_SCHEMES.includes(parseUrl(url)?.protocol ?? '') });
  });
  session.on('will-download', (event) => event.preventDefault());
  session.setSpellCheckerEnabled(false);
}
