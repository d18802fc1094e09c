import { join } from 'node:path';
import { BrowserWindow, nativeTheme } from 'electron';
import { APP_ORIGIN } from '../protocol/origin.ts';

interface WindowOptions {
  /** The folder with `main`, `preload` and `renderer` as built. */
  readonly outDir: string;
  readonly icon: string;
  readonly devTools: boolean;
}

/** Opens the one window, sandboxed and isolated, and shows it when its first frame is ready. */
export function openMainWindow({ outDir, icon, devTools }: WindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    width: 1360,
    height: 880,
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: 'Segue',
    icon,
    // Painted before the page is: the window does not flash white in the dark.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#16181d' : '#ffffff',
    webPreferences: {
      preload: join(outDir, 'preload', 'index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools,
    },
  });
  window.once('ready-to-show', () => window.show());
  // A page that cannot load stays hidden with the reason in the log, and the rejection has no other reader.
  window.loadURL(`${APP_ORIGIN}/index.html`).catch(() => window.show());
  return window;
}
