import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_SNAPSHOT, OUTSIDE, prepareEveryDialog } from './every-dialog.ts';
import { launchSample, launchSegue, type RunningSegue, untilEngine } from './launch.ts';
import { button } from './steps.ts';

/** Presses Tab until a control has the focus, as a person without a mouse would; throws when it is never reached. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await control.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${String(control)}.`);
}

describe('without a mouse', () => {
  let segue: RunningSegue;
  let page: Page;
  beforeAll(async () => {
    segue = await launchSample({ keychain: false });
    page = segue.page;
    await button(page, 'Replay…').waitFor({ timeout: 60_000 });
  });
  afterAll(() => segue?.close());

  /** Runs a command of the palette by typing its name. */
  const command = async (name: string) => {
    await page.keyboard.press('Control+K');
    await page.getByRole('dialog', { name: 'Command palette' }).waitFor();
    await page.keyboard.type(name);
    await page.keyboard.press('Enter');
  };
  /** Goes to a control with Tab and presses it. */
  const press = async (control: Locator) => {
    await tabTo(page, control);
    await page.keyboard.press('Enter');
  };
  const closed = () => page.locator('.dialog').waitFor({ state: 'detached' });

  it('a workflow is built, saved and sent', async () => {
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
    await command('Go to Runs');
    await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
    await page.getByRole('table', { name: 'Runs' }).getByText('By keyboard').waitFor();
  });

  it('the application menu shows the keys of what the page also does by key', async () => {
    const shown = await segue.app.evaluate(({ Menu }) =>
      (Menu.getApplicationMenu()?.items ?? [])
        .flatMap(({ submenu }) => submenu?.items ?? [])
        .flatMap(({ label, accelerator }) =>
          accelerator && label.endsWith('…') ? [[label, accelerator]] : [],
        ),
    );
    expect(shown).toEqual([['Command Palette…', 'CommandOrControl+K']]);
  });

  it('files are imported, older versions removed, a bundle exported, journals merged', async () => {
    await prepareEveryDialog(segue);
    const dialog = page.getByRole('dialog');
    await command('Import membership snapshot');
    await tabTo(page, dialog.getByLabel('File'));
    await page.keyboard.type(join(segue.home, BAD_SNAPSHOT));
    await tabTo(page, dialog.getByLabel('Taken at (UTC)'));
    await page.keyboard.type('2030-01-01');
    await tabTo(page, dialog.getByRole('checkbox', { name: 'Dry run' }));
    await page.keyboard.press('Space');
    await press(dialog.getByRole('button', { name: 'Import', exact: true }));
    await dialog.getByText('Rejected lines').waitFor();
    await press(dialog.getByRole('button', { name: 'Done' }));
    await closed();

    await command('Go to Settings');
    await press(button(page, 'Remove older versions…'));
    await press(dialog.getByRole('button', { name: 'Remove versions' }));
    await page.getByText(/older version removed/).waitFor();
    await closed();

    await command(`Open workflow ${OUTSIDE}`);
    await page.getByLabel('SQS URL').waitFor();
    await expect.poll(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe(OUTSIDE);
    await page.keyboard.press('Control+Shift+Enter');
    await press(button(page, 'Plan'));
    await page.getByText('Messages by day').first().waitFor();
    await command('Export bundle');
    await page.getByRole('status', { name: 'Bundle' }).waitFor();
    await press(dialog.getByRole('button', { name: 'Done' }));
    await closed();

    await command('Merge journals');
    await tabTo(page, dialog.getByLabel('Journals'));
    await page.keyboard.type(join(segue.home, 'no-journal.ndjson'));
    await tabTo(page, dialog.getByLabel('Merged journal'));
    await page.keyboard.type(join(segue.home, 'merged.ndjson'));
    await press(dialog.getByRole('button', { name: 'Merge' }));
    await dialog.getByRole('alert').waitFor();
    await page.keyboard.press('Escape');
    await closed();
  });

  it('a parked message is found, corrected and saved', async () => {
    await command('Go to Runs');
    await press(page.getByRole('table', { name: 'Runs' }).getByRole('button').first());
    await press(button(page, 'Show parked'));
    await press(page.getByRole('table', { name: 'Messages' }).getByRole('button').first());
    await button(page, 'Edit message…').waitFor();
    await page.keyboard.press('Control+E');
    const dialog = page.getByRole('dialog', { name: /^Edit message/ });
    await dialog.getByRole('status', { name: 'Message size' }).getByText('valid').waitFor();
    await tabTo(page, dialog.getByRole('textbox', { name: 'Attribute 1 value' }));
    await page.keyboard.press('Control+A');
    await page.keyboard.type('by-keyboard@example.com');
    const save = dialog.getByRole('button', { name: 'Save for retry' });
    await expect.poll(() => save.isEnabled()).toBe(true);
    await press(save);
    await closed();
    const saved = page.getByRole('complementary', { name: 'Message detail' });
    await saved.getByText('by-keyboard@example.com').first().waitFor();
    expect(segue.errors).toEqual([]);
  });
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
