import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { packageApp } from '../../scripts/package.ts';
import { untilEngine } from './launch.ts';

/** Where the packed Segue says that a debugger may connect. Its fuses keep a debugger out of main, so only the page is driven. */
async function debuggerAddress(process: ChildProcess): Promise<string> {
  if (process.stderr === null) throw new Error('The output is not read.');
  for await (const line of createInterface({ input: process.stderr })) {
    const [, address] = /DevTools listening on (ws:\S+)/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('The packed Segue ended before it had a window.');
}

describe.runIf(process.platform === 'linux')('a packed Segue', () => {
  const home = mkdtempSync(join(tmpdir(), 'segue-packed-'));
  let binary: string;
  let segue: ChildProcess;
  let browser: Browser;
  let page: Page;

  function start(): ChildProcess {
    const args = [
      ...inject('switches'),
      '--remote-debugging-port=0',
      `--workspace=${join(home, 'workspace')}`,
    ];
    return spawn(binary, args, {
      cwd: home,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        HOME: home,
        XDG_CONFIG_HOME: join(home, '.config'),
        DBUS_SESSION_BUS_ADDRESS: 'disabled:',
        DISPLAY: inject('display'),
        SEGUE_NODE: process.execPath,
      },
    });
  }

  async function stop(): Promise<void> {
    if (segue === undefined || segue.exitCode !== null) return;
    const ended = once(segue, 'exit');
    segue.kill('SIGKILL');
    await ended;
  }

  async function connect(): Promise<Browser> {
    const address = await debuggerAddress(segue);
    segue.stderr?.resume();
    // Without defaults: Electron has no downloads or contexts of its own to set up.
    return chromium.connectOverCDP(address, { noDefaults: true, timeout: 15_000 });
  }

  /** Now and then an Electron never answers its debugger, see launch.ts: it is started again. */
  async function startAndConnect(tries: number): Promise<Browser> {
    segue = start();
    try {
      return await connect();
    } catch (error) {
      await stop();
      if (tries === 1) throw error;
      return startAndConnect(tries - 1);
    }
  }

  beforeAll(async () => {
    binary = join(await packageApp(join(home, 'release')), 'segue');
    browser = await startAndConnect(3);
    const [context] = browser.contexts();
    if (context === undefined) throw new Error('The packed Segue has no page.');
    page = context.pages()[0] ?? (await context.waitForEvent('page'));
    await page.waitForURL('app://segue/index.html');
  });

  afterAll(async () => {
    await browser?.close();
    await stop();
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });

  it('starts, shows its first window and has an engine', async () => {
    await untilEngine(page, 'running');
    expect(await page.title()).toBe('Segue');
    await page.getByRole('navigation').first().waitFor();
    const info = await page.evaluate(() => window.segue.workspace.info({}));
    expect(info).toMatchObject({ ok: true, value: { dir: join(home, 'workspace') } });
    mkdirSync('test-results', { recursive: true });
    await page.screenshot({ path: 'test-results/packaged.png' });
  });

  it('loads the sample from beside its archive', async () => {
    const loaded = await page.evaluate(() => window.segue.workspace.loadSample({}));
    expect(loaded.ok && loaded.value.profiles).toBeGreaterThan(100);
  });

  it('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(binary);
    expect(wire).toMatchObject({
      [FuseV1Options.RunAsNode]: FuseState.DISABLE,
      [FuseV1Options.EnableCookieEncryption]: FuseState.ENABLE,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: FuseState.DISABLE,
      [FuseV1Options.EnableNodeCliInspectArguments]: FuseState.DISABLE,
      [FuseV1Options.OnlyLoadAppFromAsar]: FuseState.ENABLE,
    });
    if (inject('fallback')) return;
    expect(wire[FuseV1Options.GrantFileProtocolExtraPrivileges]).toBe(FuseState.DISABLE);
  });

  it('is not a Node for whoever asks', async () => {
    const child = spawn(binary, ['-p', '"ran as Node"', '--version'], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', DISPLAY: ':65535', HOME: home },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    await once(child, 'close');
    expect(output).not.toContain('ran as Node');
  });
});
