import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchSample, type RunningSegue } from './launch.ts';

describe('the rule editor in the window', () => {
  let segue: RunningSegue;
  let page: Page;

  beforeAll(async () => {
    segue = await launchSample({ keychain: false });
    page = segue.page;
    await page.getByText('At risk to sandbox').first().waitFor({ timeout: 90_000 });
  });
  afterAll(() => segue?.close());

  it('completes names, counts, says who enters, and saves', async () => {
    await page
      .getByRole('navigation', { name: 'Sections' })
      .getByRole('link', { name: 'Audiences', exact: true })
      .click();
    await page.getByRole('button', { name: 'New rule audience…' }).click();
    const dialog = page.getByRole('dialog', { name: 'New rule audience' });
    await dialog.getByLabel('Slug').fill('with_email');
    const text = dialog.getByRole('textbox', { name: 'Rule text' });
    await text.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('AND (EXISTS emai');
    await page
      .getByRole('option', { name: /^email/ })
      .first()
      .waitFor();
    await segue.screenshot('rule-1-completion');
    await page.keyboard.press('Escape');
    expect(await dialog.isVisible()).toBe(true);
    await page.keyboard.type('l, emial == "x" -- never');
    await dialog.getByText('Line 1', { exact: false }).first().waitFor();
    await segue.screenshot('rule-2-fault');
    await page.keyboard.press('Control+A');
    // Typing over marked text makes Chromium try an inline style of its own, which the page's policy refuses.
    await page.keyboard.press('Delete');
    await page.keyboard.type('FILTER AND (EXISTS email, user_id != "nobody")');
    const status = dialog.getByRole('status', { name: 'Matching profiles' });
    await expect.poll(() => status.textContent()).toMatch(/^[\d,]+ of [\d,]+ profiles match$/);
    await dialog.getByRole('region', { name: 'Would enter' }).waitFor();
    await segue.screenshot('rule-3-effect');
    const matching = Number((await status.textContent())?.split(' ')[0]?.replaceAll(',', ''));
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    const shown = await page.evaluate(() => window.segue.audience.show({ slug: 'with_email' }));
    expect(shown).toMatchObject({ ok: true, value: { kind: 'rule', members: matching } });
    await segue.screenshot('rule-4-saved');
  });

  it('left no error in the page’s console', () => {
    expect(segue.errors).toEqual([]);
  });
});
