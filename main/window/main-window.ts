import { join } from 'node:path';
import { BrowserWindow, nativeTheme, screen } from 'electron';
import { APP_ORIGIN } from '../protocol/origin.ts';
import { fitBounds, LEAST_SIZE } from './fit-bounds.ts';
import { readWindowState, writeWindowState } from './window-state.ts';

interface WindowOptions {
  /** The folder with `main`, `preload` and `renderer` as built. */
  readonly outDir: string;
  readonly icon: string;
  readonly devTools: boolean;
  /** Where it is remembered how the window stood when it was closed. */
  readonly stateFile: string;
}

/** The work areas of the displays, that of the primary one first. */
function workAreas(): Electron.Rectangle[] {
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
  return [primary, ...others].map(({ workArea }) => workArea);
}

/**
 * Opens the one window, sandboxed and isolated, where it was when it was closed, and shows it when its first frame is
 * ready. It is wholly on a display that is there.
 */
export function openMainWindow({ outDir, icon, devTools, stateFile }: WindowOptions): BrowserWindow {
  const remembered = readWindowState(stateFile);
  const bounds = fitBounds(remembered?.bounds ?? null, workAreas());
  const window = new BrowserWindow({
    ...bounds,
    minWidth: Math.min(LEAST_SIZE.width, bounds.width),
    minHeight: Math.min(LEAST_SIZE.height, bounds.height),
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
  if (remembered?.maximized) window.maximize();
  window.on('close', () =>
    writeWindowState(stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized() }),
  );
  window.once('ready-to-show', () => window.show());
  // A page that cannot load stays hidden with the reason in the log, and the rejection has no other reader.
  window.loadURL(`${APP_ORIGIN}/index.html`).catch(() => window.show());
  return window;
}
