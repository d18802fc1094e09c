import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchSegue, type RunningSegue, untilEngine } from './launch.ts';

/** The whole main job in one window, each step on what the one before left, as a person would do it. */
describe('the main job in the window', () => {
  let segue: RunningSegue;
  let page: Page;

  const goTo = (section: string) =>
    page
      .getByRole('navigation', { name: 'Sections' })
      .getByRole('link', { name: section, exact: true })
      .click();
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });

  beforeAll(async () => {
    segue = await launchSegue({ args: ['--sample'] });
    page = segue.page;
    page.setDefaultTimeout(30_000);
    await untilEngine(page, 'running');
    await page.getByText('At risk to sandbox').first().waitFor({ timeout: 90_000 });
  });
  afterAll(() => segue?.close());

  it('adds an authorization, whose secret is seen nowhere again', async () => {
    const secret = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY';
    await goTo('Authorizations');
    await button('Add authorization').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('ops');
    await dialog.getByLabel('Access key id').fill('AKIAIOSFODNN7EXAMPLE');
    await dialog.getByLabel('Secret access key').fill(secret);
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('table', { name: 'Authorizations' }).getByText('AKIAIOSFODNN7EXAMPLE').waitFor();
    expect(await page.content()).not.toContain(secret);
    expect(segue.filesHolding(secret)).toEqual([]);
    await segue.screenshot('flow-1-authorization');
  });

  it('tests the keys against a queue and says by code that they are refused', async () => {
    const answer = await page.evaluate(async () => {
      const { value } = (await window.segue.sandbox.createQueue({ name: 'keys' })) as {
        value: { url: string };
      };
      return window.segue.authorization.test({ name: 'ops', queueUrl: value.url });
    });
    expect(answer).toMatchObject({ ok: false, error: { code: 'CREDENTIALS_REFUSED' } });
    const unknown = await page.evaluate(() =>
      window.segue.authorization.test({
        name: 'nobody',
        queueUrl: 'https://sqs.us-east-1.amazonaws.com/1/q',
      }),
    );
    expect(unknown).toMatchObject({ ok: false, error: { code: 'AUTHORIZATION_NOT_FOUND' } });
  });

  it('builds a workflow and sees its message change', async () => {
    await goTo('Workflows');
    await button('New workflow').first().click();
    await page.getByLabel('Name', { exact: true }).fill('Checks');
    await page.getByLabel('Authorization', { exact: true }).selectOption('ops');
    await page.getByRole('checkbox', { name: /at_risk_to_churn/ }).check();
    const size = page.getByRole('status', { name: 'Message size' });
    await expect.poll(() => size.textContent(), { timeout: 20_000 }).toMatch(/bytes of 1,048,576/);
    const attributes = page.getByRole('table', { name: 'Message attributes' });
    expect(await attributes.count()).toBe(0);
    await button(/Add attribute/).click();
    await page.getByLabel('Field 1', { exact: true }).fill('email');
    await attributes.getByText('@example.com').waitFor();
    await page.getByLabel('Shape', { exact: true }).selectOption({ label: 'Exit' });
    await page.getByRole('region', { name: 'Preview' }).getByText('"exit"').first().waitFor();
    await button('Save').click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await segue.screenshot('flow-2-workflow');
  });

  it('sends a test and sees it received in the sandbox', async () => {
    await button('Send test').click();
    const result = page.getByRole('region', { name: 'Test result' });
    await result.waitFor();
    const messageId = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec((await result.textContent()) ?? '')?.[0];
    expect(messageId).toBeDefined();
    await segue.screenshot('flow-3-test-send');
    await goTo('Sandbox');
    await page.getByRole('table', { name: 'Queues' }).getByText('triggers').first().click();
    const received = page.getByRole('region', { name: 'Messages of triggers' });
    await received.getByText('{"data":').first().click();
    await page.getByRole('heading', { name: messageId ?? '' }).waitFor();
    await segue.screenshot('flow-4-received');
  });

  it('replays the sample’s two weeks, pauses, resumes and shows the summary', async () => {
    await goTo('Workflows');
    await page.getByText('At risk to sandbox').first().click();
    await button('Replay…').click();
    await page.getByLabel('Messages per second').fill('100');
    await button('Plan').click();
    const plan = page.getByRole('region', { name: 'Plan' });
    await plan.getByText('Messages by day').first().waitFor();
    await segue.screenshot('flow-5-plan');
    await button('Continue').click();
    await button('Start replay').click();
    const state = (name: string) =>
      page
        .getByRole('heading', { name: /Replay of/ })
        .locator('..')
        .getByText(name);
    await button('Pause').click();
    await state('Paused').waitFor();
    await segue.screenshot('flow-6-paused');
    await button('Resume').click();
    await state('Completed').waitFor({ timeout: 60_000 });
    const runs = await page.evaluate(() => window.segue.run.list({}));
    const replay = runs.ok ? runs.value.rows.find(({ kind }) => kind === 'replay') : undefined;
    expect(replay).toMatchObject({ state: 'completed', failed: 0, parked: 0, pending: 0 });
    expect(replay?.sent).toBe(replay?.planned);
    expect(replay?.sent).toBeGreaterThan(100);
    const counts = page.locator('[aria-label="Counts"]');
    await expect.poll(() => counts.textContent()).toContain(`Sent${replay?.sent}`);
    await segue.screenshot('flow-7-summary');
  });

  it('left no error in the page’s console', () => {
    expect(segue.errors).toEqual([]);
  });
});
