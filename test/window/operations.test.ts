import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchSample, type RunningSegue } from './launch.ts';
import { button, goTo, runState, startReplay } from './steps.ts';

/** The bodies that an embedded queue holds. */
async function bodiesIn(page: Page, queue: string): Promise<string[]> {
  return page.evaluate(async (name) => {
    const page = await window.segue.sandbox.messages({ queue: name, limit: 500 });
    if (!page.ok) return [];
    const details = page.value.rows.map(({ messageId }) =>
      window.segue.sandbox.message({ queue: name, messageId }),
    );
    const found = await Promise.all(details);
    return found.flatMap((answer) => (answer.ok ? [answer.value.body] : []));
  }, queue);
}

const count = async (page: Page, queue: string) => (await bodiesIn(page, queue)).length;

/** What operations people do beside the main job: correct what was refused, look into a queue, send live. */
describe('operations in the window', () => {
  let segue: RunningSegue;
  let page: Page;

  beforeAll(async () => {
    segue = await launchSample({ keychain: false });
    page = segue.page;
    // The screen of many laptops: what has to be in sight at once is looked for in this size.
    await segue.app.evaluate(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows()) window.setContentSize(1280, 800);
    });
    await button(page, 'Replay…').waitFor({ timeout: 90_000 });
  });
  afterAll(() => segue?.close());

  it('corrects a message that the queue refused, and sends it with a retry', async () => {
    await goTo(page, 'Sandbox');
    await button(page, 'Faults…').click();
    await page.getByLabel('Entry refused (%)').fill('100');
    await button(page, 'Set faults').click();
    await page.getByText('Faults are on').waitFor();
    await goTo(page, 'Workflows');
    const [user] = await page.evaluate(async () => {
      const users = await window.segue.profile.list({ audience: 'cart_abandoned_24h', limit: 1 });
      return users.ok ? users.value.rows.map(({ userId }) => userId) : [];
    });
    await startReplay(page, 1000, { user: user ?? '' });
    await runState(page, 'completed with errors').waitFor();
    await goTo(page, 'Sandbox');
    await button(page, 'Faults…').click();
    await button(page, 'Turn faults off').click();
    await page.getByText('Faults are on').waitFor({ state: 'detached' });

    await goTo(page, 'Runs');
    await page.getByRole('table', { name: 'Runs' }).getByRole('button').first().click();
    await button(page, 'Show parked').click();
    const message = page.getByRole('table', { name: 'Messages' }).getByRole('button').first();
    const below = await message.boundingBox();
    expect((below?.y ?? 800) + (below?.height ?? 0)).toBeLessThan(600);
    await message.click();
    await button(page, 'Copy User').click();
    await page.getByText('User copied').waitFor();
    expect(await segue.app.evaluate(({ clipboard }) => clipboard.readText())).toBe(user);
    await button(page, 'Edit message…').click();
    const dialog = page.getByRole('dialog', { name: /^Edit message/ });
    await dialog.getByRole('status', { name: 'Message size' }).getByText('valid').waitFor();
    const editor = dialog.getByRole('textbox', { name: /^Body of message/ });
    await editor.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(
      `{\n  "data": {\n    "user_id": "${user}", "order": 9007199254740993\n  }\n}`,
    );
    await segue.screenshot('operations-edit-message');
    await dialog.getByRole('button', { name: 'Save and retry parked' }).click();
    await runState(page, 'completed').waitFor();
    const bodies = await bodiesIn(page, 'triggers');
    expect(bodies).toContain(`{"data":{"user_id":"${user}","order":9007199254740993}}`);
    await segue.screenshot('operations-retried');
  });

  it('peeks into a queue, then drains it into the history, and says which of the two', async () => {
    const held = await count(page, 'triggers');
    expect(held).toBeGreaterThan(0);
    const capture = async (mode: 'Peek' | 'Drain', out: string) => {
      await goTo(page, 'Sandbox');
      await button(page, 'Capture…').click();
      const dialog = page.getByRole('dialog', { name: 'Capture messages' });
      await dialog.getByRole('radio', { name: mode }).check();
      await dialog.getByLabel('Archive file').fill(out);
      if (mode === 'Drain') await dialog.getByLabel('Import into the history').check();
      await dialog.getByRole('button', { name: mode === 'Peek' ? 'Peek' : 'Drain…' }).click();
      if (mode === 'Drain') await dialog.getByRole('button', { name: 'Drain queue' }).click();
      const result = dialog.getByRole('status', { name: 'Capture result' });
      await result.waitFor();
      await segue.screenshot(`operations-${mode.toLowerCase()}`);
      const words = await result.textContent();
      await dialog.getByRole('button', { name: 'Done' }).click();
      return { words, lines: readFileSync(out, 'utf8').trim().split('\n') };
    };
    const peeked = await capture('Peek', join(segue.home, 'peeked.ndjson'));
    expect(peeked.words).toContain('all are still in the queue');
    expect(peeked.lines).toHaveLength(held);
    expect(await count(page, 'triggers')).toBe(held);

    const drained = await capture('Drain', join(segue.home, 'drained.ndjson'));
    expect(drained.words).toContain(`${held} deleted from the queue`);
    expect(drained.lines).toHaveLength(held);
    expect(await count(page, 'triggers')).toBe(0);
    expect(existsSync(join(segue.home, 'peeked.ndjson'))).toBe(true);
  });

  it('moves messages from one sandbox queue to another', async () => {
    await page.evaluate(() => window.segue.sandbox.createQueue({ name: 'elsewhere' }));
    await goTo(page, 'Workflows');
    await button(page, 'Send test').click();
    await page.getByRole('region', { name: 'Test result' }).waitFor();
    await goTo(page, 'Sandbox');
    await page.getByRole('table', { name: 'Queues' }).getByText('triggers').click();
    await button(page, 'Redrive…').click();
    const dialog = page.getByRole('dialog', { name: 'Redrive triggers' });
    await dialog.getByLabel('To').selectOption('elsewhere');
    await dialog.getByRole('button', { name: 'Redrive' }).click();
    await expect.poll(() => count(page, 'elsewhere')).toBe(1);
    expect(await count(page, 'triggers')).toBe(0);
  });

  it('sends live what an import brings, says so above every view, and stops', async () => {
    await goTo(page, 'Workflows');
    await button(page, 'Go live…').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Go live', exact: true }).click();
    const banner = page.getByRole('region', { name: 'Live' });
    await banner.getByText('Live: sending changes of 1 workflow').waitFor();
    expect(await count(page, 'triggers')).toBe(0);

    const file = join(segue.home, 'entering.ndjson');
    writeFileSync(
      file,
      '{"user_id":"live-user","email":"live@example.com","segments":["at_risk_to_churn"]}\n',
    );
    await goTo(page, 'Profiles');
    await banner.waitFor();
    await button(page, 'Import profiles…').click();
    const dialog = page.getByRole('dialog', { name: 'Import profiles' });
    await dialog.getByLabel('File').fill(file);
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expect.poll(() => count(page, 'triggers'), { timeout: 30_000 }).toBe(1);
    const [body = ''] = await bodiesIn(page, 'triggers');
    expect(JSON.parse(body)).toMatchObject({
      data: { user_id: 'live-user', segment_events: [{ event: 'enter', slug: 'at_risk_to_churn' }] },
    });
    await segue.screenshot('operations-live');

    await goTo(page, 'Workflows');
    const toolbar = ['Save', 'Stop live', 'Replay…', 'More'].map((name) => button(page, name).boundingBox());
    const lines = new Set((await Promise.all(toolbar)).map((box) => Math.round(box?.y ?? 0)));
    expect(lines.size).toBe(1);
    await button(page, 'Stop live').click();
    await banner.waitFor({ state: 'detached' });
    writeFileSync(file, '{"user_id":"later-user","segments":["at_risk_to_churn"]}\n');
    const imported = await page.evaluate((path) => window.segue.profile.import({ path }), file);
    expect(imported).toMatchObject({ ok: true, value: { changes: { entered: 1 } } });
    expect(await count(page, 'triggers')).toBe(1);
  });

  it('left no error in the page’s console', () => {
    expect(segue.errors).toEqual([]);
  });
});
