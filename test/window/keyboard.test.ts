import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { launchSegue, untilEngine } from './launch.ts';
import { button } from './steps.ts';

/** Presses Tab until a control has the focus, as a person without a mouse would; throws when it is never reached. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await control.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${String(control)}.`);
}

it('builds, saves and sends a workflow by keyboard alone', async () => {
  const segue = await launchSegue({ args: ['--sample'], keychain: false });
  const { page } = segue;
  try {
    await untilEngine(page, 'running');
    await button(page, 'Replay…').waitFor({ timeout: 60_000 });
    await page.keyboard.press('Control+N');
    const name = page.getByLabel('Name', { exact: true });
    await expect.poll(() => name.inputValue()).not.toBe('At risk to sandbox');
    await tabTo(page, name);
    await page.keyboard.press('Control+A');
    await page.keyboard.type('By keyboard');
    await tabTo(page, page.getByRole('checkbox', { name: /high_value/ }));
    await page.keyboard.press('Space');
    await tabTo(page, page.locator('summary', { hasText: 'Advanced' }));
    await page.keyboard.press('Enter');
    const style = page.getByLabel('Time style');
    await tabTo(page, style);
    await page.keyboard.press('m');
    expect(await style.inputValue()).toBe('modern');
    await page.keyboard.press('Control+S');
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByRole('region', { name: 'Test result' }).waitFor();
    await page.keyboard.press('Control+K');
    await page.getByRole('dialog', { name: 'Command palette' }).waitFor();
    await page.keyboard.type('Go to Runs');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
    await page.getByRole('table', { name: 'Runs' }).getByText('By keyboard').waitFor();
    expect(segue.errors).toEqual([]);
  } finally {
    await segue.close();
  }
});

it('says by code that a command holds the workspace, and starts once it has ended', async () => {
  const workspace = mkdtempSync(join(tmpdir(), 'segue-held-'));
  const script = join(import.meta.dirname, '..', '..', 'main', 'cli', 'segue.ts');
  // It reads what is typed, and holds the workspace until that ends.
  const command = spawn(
    process.execPath,
    [script, '--workspace', workspace, 'profile', 'import', '-', '--format', 'ndjson'],
    { stdio: ['pipe', 'ignore', 'ignore'] },
  );
  const exit = once(command, 'exit');
  try {
    await expect.poll(() => existsSync(join(workspace, 'owner.json')), { timeout: 20_000 }).toBe(true);
    const segue = await launchSegue({ keychain: false, workspace });
    try {
      await untilEngine(segue.page, 'stopped');
      await segue.page.getByText('WORKSPACE_LOCKED').first().waitFor();
      command.stdin.end();
      await exit;
      const running = untilEngine(segue.page, 'running');
      await segue.app.evaluate(({ Menu }) => {
        const engine = Menu.getApplicationMenu()?.items.find(({ label }) => label === 'E&ngine');
        engine?.submenu?.items.find(({ label }) => label === 'Restart')?.click();
      });
      await running;
      await segue.page.getByText('WORKSPACE_LOCKED').first().waitFor({ state: 'detached' });
    } finally {
      await segue.close();
    }
  } finally {
    command.kill();
    rmSync(workspace, { recursive: true, force: true });
  }
});
