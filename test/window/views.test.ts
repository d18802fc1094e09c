import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_SNAPSHOT, OUTSIDE, prepareEveryDialog } from './every-dialog.ts';
import { launchSample, type RunningSegue } from './launch.ts';
import { button, goTo, runState, SECTIONS, startReplay } from './steps.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Opens each view, dialog and step that Segue has, with something in it, and hands its name on. */
async function everyView({ page, home }: RunningSegue, look: (name: string) => Promise<void>): Promise<void> {
  /** Opens a dialog by a button of the view, hands it on and closes it. */
  const lookInto = async (name: string, title: string | RegExp, opened?: () => Promise<void>) => {
    await button(page, name).click();
    await page.getByRole('dialog', { name: title }).waitFor();
    await opened?.();
    await look(name.replace('…', '').toLowerCase().replaceAll(' ', '-'));
    await page.keyboard.press('Escape');
    await page.locator('.dialog').waitFor({ state: 'detached' });
  };
  for (const section of SECTIONS) {
    await goTo(page, section);
    await shown[section](page);
    await look(section.toLowerCase());
  }
  await lookInto('Remove older versions…', 'Remove older profile versions');
  await goTo(page, 'Profiles');
  await lookInto('Import profiles…', 'Import profiles');
  await goTo(page, 'Audiences');
  await lookInto('Import membership snapshot…', 'Import membership snapshot', async () => {
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('File').fill(join(home, BAD_SNAPSHOT));
    await dialog.getByLabel('Taken at (UTC)').fill('2030-01-01');
    await dialog.getByLabel('Dry run').check();
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await dialog.getByText('Rejected lines').waitFor();
  });
  await goTo(page, 'Workflows');
  await page.getByRole('complementary', { name: 'Workflow list' }).getByText(OUTSIDE).click();
  await button(page, 'Replay…').click();
  await button(page, 'Plan').waitFor();
  await look('replay-choose');
  await button(page, 'Plan').click();
  await page.getByText('Messages by day').first().waitFor();
  await look('replay-plan');
  await lookInto('Export bundle…', 'Export bundle', () =>
    page.getByRole('status', { name: 'Bundle' }).waitFor(),
  );
  await button(page, 'Continue').click();
  await look('replay-confirm');
  await goTo(page, 'Runs');
  await lookInto('Merge journals…', 'Merge journals');
  await page.getByRole('table', { name: 'Runs' }).getByRole('button').first().click();
  await page.getByRole('complementary', { name: 'Run', exact: true }).waitFor();
  await look('run');
  await page.getByRole('table', { name: 'Messages' }).getByRole('button').first().click();
  await look('run-message');
  await lookInto('Edit message…', /^Edit message/, () =>
    page.getByRole('status', { name: 'Message size' }).getByText('valid').waitFor(),
  );
  await goTo(page, 'Sandbox');
  await lookInto('Faults…', 'Faults of the sandbox');
  await lookInto('Capture…', 'Capture messages');
  await lookInto('Redrive…', /^Redrive/);
  await page.keyboard.press('Control+K');
  await page.getByRole('dialog', { name: 'Command palette' }).waitFor();
  await look('palette');
  await page.keyboard.press('Escape');
  await page.locator('.dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+/');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await look('shortcuts');
  await page.keyboard.press('Escape');
  await page.locator('.dialog').waitFor({ state: 'detached' });
}

const row = (page: Page, table: string) =>
  page.getByRole('table', { name: table }).getByRole('button').first();

/** What a person would open in a section to see it at work. */
const shown: Record<(typeof SECTIONS)[number], (page: Page) => Promise<void>> = {
  async Workflows(page) {
    await page.getByRole('region', { name: 'Preview' }).getByText('"segment_events"').waitFor();
  },
  async Profiles(page) {
    await row(page, 'Profiles').click();
    await page.getByRole('complementary', { name: 'Profile' }).getByText('"user_id"').waitFor();
  },
  async Audiences(page) {
    await row(page, 'Audiences').click();
    await page
      .getByRole('list', { name: /^Members of/ })
      .getByRole('button')
      .first()
      .waitFor();
  },
  async History(page) {
    await row(page, 'Changes').click();
    await page.getByRole('complementary').waitFor();
  },
  Runs: (page) => row(page, 'Runs').waitFor(),
  async Sandbox(page) {
    await row(page, 'Messages').click();
    await page.getByRole('complementary', { name: 'Message detail' }).getByText('"segment_events"').waitFor();
  },
  Authorizations: (page) => page.getByRole('table', { name: 'Authorizations' }).waitFor(),
  async Settings(page) {
    await button(page, 'Run checks').click();
    await page.getByRole('table', { name: 'Checks' }).waitFor();
  },
};

/** Controls that stick out of the window to a side, where they could not be reached; tables may scroll within themselves. */
function outOfReach(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const overflowing = [document.documentElement, ...document.querySelectorAll('main, .view, .dialog')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1)
      .map((element) => `${element.className || element.tagName} scrolls sideways`);
    const controls = [...document.querySelectorAll<HTMLElement>('button, a, input, select, summary')]
      .filter((control) => control.checkVisibility() && control.closest('.table-scroll, .cm-editor') === null)
      .filter((control) => {
        const { left, right } = control.getBoundingClientRect();
        return left < -1 || right > innerWidth + 1;
      })
      .map((control) => `${control.tagName} ${control.getAttribute('aria-label') ?? control.textContent}`);
    return [...overflowing, ...controls];
  });
}

describe('every view on the sample', () => {
  let segue: RunningSegue;
  let page: Page;

  beforeAll(async () => {
    segue = await launchSample();
    page = segue.page;
    await page.evaluate(() =>
      window.segue.authorization.add({
        name: 'ops',
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY',
        sessionOnly: true,
      }),
    );
    await button(page, 'Replay…').waitFor({ timeout: 90_000 });
    await startReplay(page, 1000);
    await runState(page, 'completed').waitFor();
    await prepareEveryDialog(segue);
  });
  afterAll(() => segue?.close());

  it.each(['light', 'dark'] as const)(
    'has no serious fault of accessibility when %s',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
      await expect.poll(theme).toBe(colorScheme);
      // What a theme can change is the contrast; the rest is asked once.
      const runOnly =
        colorScheme === 'light'
          ? { type: 'tag' as const, values: RULES }
          : { type: 'rule' as const, values: ['color-contrast'] };
      const rules: Parameters<AxeBuilder['options']>[0] = { runOnly, resultTypes: ['violations'] };
      const faults: string[] = [];
      await everyView(segue, async (name) => {
        await segue.screenshot(`view-${colorScheme}-${name}`);
        // A page of its own, as axe would like it for frames, is not to be had in Electron, and there is no frame.
        const axe = new AxeBuilder({ page }).setLegacyMode(true).options(rules);
        // What lies beneath a dialog was asked before it was opened.
        if ((await page.locator('.dialog').count()) > 0) axe.include('.dialog');
        const { violations } = await axe.analyze();
        for (const { id, impact, nodes } of violations) {
          if (impact !== 'serious' && impact !== 'critical') continue;
          faults.push(...nodes.map(({ target }) => `${name}: ${id} at ${target.join(' ')}`));
        }
      });
      expect(faults).toEqual([]);
    },
    // A limit against hanging, not a measurement: every view is opened and asked on a machine that may be busy.
    300_000,
  );

  it('keeps every control within reach at 200 %', async () => {
    const zoom = (factor: number) =>
      segue.app.evaluate(({ BrowserWindow }, to) => {
        for (const window of BrowserWindow.getAllWindows()) window.webContents.setZoomFactor(to);
      }, factor);
    const width = await page.evaluate(() => innerWidth);
    await zoom(2);
    await expect.poll(() => page.evaluate(() => innerWidth)).toBe(Math.round(width / 2));
    const lost: string[] = [];
    await everyView(segue, async (name) => {
      lost.push(...(await outOfReach(page)).map((control) => `${name}: ${control}`));
    });
    await zoom(1);
    expect(lost).toEqual([]);
  });

  it('left no error in the page’s console', () => {
    expect(segue.errors).toEqual([]);
  });
});
