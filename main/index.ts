/** Electron's main process: log, guards, protocol, engine, handlers, window, in this order. */
import { join } from 'node:path';
import { app, type BrowserWindow, session } from 'electron';
import type { EventName } from '../preload/contract/events.ts';
import { startEngine } from './engine-host/engine-host.ts';
import { channelStarter } from './engine-host/start-channel.ts';
import { isFirstInstance } from './guards/single-instance.ts';
import { guardSession, guardWebContents } from './guards/web-contents.ts';
import { createAppHandlers } from './ipc/app-handlers.ts';
import { createAuthorizationHandlers } from './ipc/authorization-handlers.ts';
import { createFindCredentials } from './ipc/call-credentials.ts';
import { pushEvent } from './ipc/push-events.ts';
import { registerCalls } from './ipc/register-calls.ts';
import { resumeLive } from './ipc/resume-live.ts';
import { routeCalls } from './ipc/route-calls.ts';
import { createAuthorizations } from './keychain/authorizations.ts';
import { openKeychain } from './keychain/keychain.ts';
import { createSessionKeys } from './keychain/session-keys.ts';
import { launchOptions } from './launch/options.ts';
import { appPaths } from './launch/paths.ts';
import { openLog } from './log/log.ts';
import { installMenu } from './menu/menu.ts';
import { declareAppScheme, serveApp } from './protocol/app-protocol.ts';
import { createRunGuard } from './run-guard/run-guard.ts';
import { openMainWindow } from './window/main-window.ts';

const TARGET_ELECTRON_MAJOR = 45;

let window: BrowserWindow | undefined;
const ownWindow = () => window;

app.setName('Segue');
app.setPath('userData', join(app.getPath('appData'), 'Segue'));
const log = openLog();
declareAppScheme();
guardWebContents();
// With --no-sandbox, which root must pass, Chromium would refuse to start any page that asks for its sandbox.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();

if (isFirstInstance(showWindow)) {
  app.whenReady().then(run, (error) => log(`start failed: ${error}`));
} else {
  log('Segue is running already; its window was brought to the front.');
  app.quit();
}

function run(): void {
  const paths = appPaths(app.getAppPath());
  const { workspace, loadSample } = launchOptions(
    process.argv.slice(1),
    app.getPath('userData'),
    process.cwd(),
  );
  const devTools = !app.isPackaged;
  const runs = createRunGuard();
  let served = false;

  guardSession(session.defaultSession);
  serveApp(session.defaultSession, paths.rendererDir);

  const engine = startEngine({
    startChannel: channelStarter(paths.engineEntry, paths.unpackedDir),
    open: { dir: workspace, assetsDir: paths.assetsDir },
    log,
    onState(state) {
      if (state.state !== 'running' && state.state !== 'not_responding') runs.reset();
      if (state.state === 'running' && !served) void resumeLive(engine, findCredentials, log);
      served = state.state === 'running' || state.state === 'not_responding';
      push('engineState', state);
    },
    onEvent(event, payload) {
      if (event === 'runProgress') runs.observe(payload);
      push(event, payload);
    },
  });
  const authorizations = createAuthorizations(openKeychain(), createSessionKeys());
  const own = {
    app: createAppHandlers({
      workspace,
      fallbackRuntime: Number.parseInt(process.versions.electron ?? '', 10) < TARGET_ELECTRON_MAJOR,
      ownWindow,
    }),
    authorization: createAuthorizationHandlers({
      authorizations,
      engine,
      onChange: () => push('storeChanged', { tables: ['authorization'] }),
    }),
  };
  const findCredentials = createFindCredentials(engine, authorizations);
  registerCalls(ownWindow, routeCalls(own, engine, findCredentials));
  installMenu({ command: (id) => push('command', { id }), restartEngine: engine.start, devTools });

  function showMainWindow(): void {
    const stateFile = join(app.getPath('userData'), 'window.json');
    const opened = openMainWindow({ outDir: paths.outDir, icon: paths.icon, devTools, stateFile });
    window = opened;
    opened.webContents.on('dom-ready', () => push('engineState', engine.state()));
    opened.on('close', (event) => {
      if (quitting || process.platform === 'darwin') return;
      // The way out leads through before-quit, which asks once and closes the engine first.
      event.preventDefault();
      app.quit();
    });
    opened.on('closed', () => {
      window = undefined;
    });
  }

  let quitting = false;
  app.on('before-quit', (event) => {
    if (quitting) return;
    event.preventDefault();
    if (!runs.mayQuit(window)) return;
    quitting = true;
    engine.close().then(app.quit, app.quit);
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('activate', () => {
    if (window === undefined) showMainWindow();
  });
  showMainWindow();
  if (loadSample) {
    engine.call('workspace.loadSample', { jobId: 'sample' }).then((answer) => {
      if (!answer.ok) log(`the sample was not loaded: ${answer.error.code} ${answer.error.message}`);
    }, log);
  }
}

function push(name: EventName, payload: unknown): void {
  pushEvent(window, name, payload);
}

function showWindow(): void {
  if (window === undefined) return;
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
