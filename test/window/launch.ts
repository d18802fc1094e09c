import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ElectronApplication, _electron as electron, type Page } from 'playwright-core';
import { inject } from 'vitest';
import type { Bridge } from '../../preload/contract/bridge.ts';
import {
  missingSecretServicePrograms,
  type SecretService,
  startSecretService,
} from '../desktop/secret-service.ts';

declare global {
  interface Window {
    readonly segue: Bridge;
  }
}

/** A Segue in a real window, with a home, a workspace and a keychain of its own. */
export interface RunningSegue {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly workspace: string;
  readonly home: string;
  readonly keychain: SecretService | undefined;
  /** What went wrong in the page: errors in its console and exceptions that nobody caught. */
  readonly errors: readonly string[];
  /** How it was started, for a test that starts it again. */
  readonly command: { file: string; args: string[]; env: Record<string, string> };
  /** Files below its home and workspace that hold a text. */
  filesHolding(text: string): string[];
  /** Saves a picture of the window as `test-results/NAME.png`. */
  screenshot(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface LaunchChoice {
  /** Start without `--workspace`, as a first start does: the default workspace with the sample. */
  readonly firstStart?: boolean;
  /** An existing folder in place of an empty one. */
  readonly workspace?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Start a private Secret Service; on unless told. Left out where its programs are not installed. */
  readonly keychain?: boolean;
}

const root = join(import.meta.dirname, '..', '..');
const results = join(root, 'test-results');

/** Starts Segue and waits for its first window. Everything it writes goes to a folder that {@link RunningSegue.close} removes. */
export async function launchSegue(choice: LaunchChoice = {}): Promise<RunningSegue> {
  const home = mkdtempSync(join(tmpdir(), 'segue-window-'));
  const wantsKeychain = choice.keychain !== false && missingSecretServicePrograms().length === 0;
  const keychain = wantsKeychain ? await startSecretService(home) : undefined;
  const workspace =
    choice.workspace ?? join(home, choice.firstStart ? '.config/Segue/workspace' : 'workspace');
  const workspaceArgs = choice.firstStart ? [] : [`--workspace=${workspace}`];
  const command = {
    file: inject('electron'),
    args: [root, ...inject('switches'), ...workspaceArgs, ...(choice.args ?? [])],
    env: {
      ...definedEnv(),
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_CACHE_HOME: join(home, '.cache'),
      // Without a bus of its own a test would reach the user's keychain.
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
      DISPLAY: inject('display'),
      ...keychain?.env,
      ...choice.env,
    },
  };
  const { app, page, errors } = await openWindow(command, home).catch(async (error: unknown) => {
    await keychain?.stop();
    throw error;
  });
  return {
    errors,
    command,
    filesHolding: (text) => [home, workspace].flatMap((folder) => filesHolding(folder, text)),
    app,
    page,
    workspace,
    home,
    keychain,
    async screenshot(name) {
      mkdirSync(results, { recursive: true });
      await page.screenshot({ path: join(results, `${name}.png`) });
    },
    async close() {
      await app.close();
      await keychain?.stop();
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

type Command = RunningSegue['command'];

async function openWindow({ file, args, env }: Command, home: string) {
  const launch = () => electron.launch({ executablePath: file, args, cwd: home, env, timeout: 15_000 });
  // Rarely, on a busy machine, Electron 25 never answers the debugger's first request, although Segue has started; another one
  // does.
  const app = await launch().catch(launch).catch(launch);
  const errors: string[] = [];
  try {
    const page = await app.firstWindow();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.waitForLoadState('load');
    return { app, page, errors };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** Starts Segue on a fresh sample workspace and waits until its engine runs. */
export async function launchSample(choice: Pick<LaunchChoice, 'keychain'> = {}): Promise<RunningSegue> {
  const segue = await launchSegue({ args: ['--sample'], ...choice });
  try {
    segue.page.setDefaultTimeout(30_000);
    await untilEngine(segue.page, 'running');
    return segue;
  } catch (error) {
    await segue.close();
    throw error;
  }
}

/** Waits until the window was told that the engine is in a state; answers with that state's message and error. */
export function untilEngine(page: Page, wanted: string) {
  return page.evaluate(
    (state) =>
      new Promise<{
        state: string;
        message: string | null;
        error?: { code: string; message: string } | null;
      }>((resolve) => {
        const stop = window.segue.on('engineState', (present) => {
          if (present.state !== state) return;
          queueMicrotask(() => stop());
          resolve(present);
        });
      }),
    wanted,
  );
}

function definedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function filesHolding(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}
