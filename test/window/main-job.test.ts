import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExternalSandbox, startExternalSandbox } from './external-sandbox.ts';
import { launchSegue, type RunningSegue, untilEngine } from './launch.ts';
import { button, goTo, runState, startReplay } from './steps.ts';

/** What a run journalled as sent, by message id, read through the window's own bridge. */
function sentBodies(page: Page, id: string): Promise<[string, string][]> {
  return page.evaluate(async (run) => {
    const sent: [string, string][] = [];
    let cursor: string | null = null;
    do {
      const answer: Awaited<ReturnType<typeof window.segue.run.messages>> = await window.segue.run.messages({
        id: run,
        cursor,
        limit: 500,
      });
      if (!answer.ok) throw new Error(answer.error.message);
      for (const { n } of answer.value.rows) {
        const message = await window.segue.run.message({ id: run, n });
        if (!message.ok) throw new Error(message.error.message);
        sent.push([message.value.messageId ?? `message ${n} has no id`, message.value.body]);
      }
      cursor = answer.value.next;
    } while (cursor !== null);
    return sent;
  }, id);
}

/** Everything that an embedded queue holds, by message id. */
function queueBodies(page: Page, queue: string): Promise<[string, string][]> {
  return page.evaluate(async (name) => {
    const held: [string, string][] = [];
    let cursor: string | null = null;
    do {
      const answer: Awaited<ReturnType<typeof window.segue.sandbox.messages>> =
        await window.segue.sandbox.messages({ queue: name, cursor, limit: 500 });
      if (!answer.ok) throw new Error(answer.error.message);
      for (const { messageId } of answer.value.rows) {
        const message = await window.segue.sandbox.message({ queue: name, messageId });
        if (!message.ok) throw new Error(message.error.message);
        held.push([messageId, message.value.body]);
      }
      cursor = answer.value.next;
    } while (cursor !== null);
    return held;
  }, queue);
}

/** The newest run of a workflow. */
async function newestRun(page: Page, workflow: string) {
  const runs = await page.evaluate((name) => window.segue.run.list({ workflow: name }), workflow);
  if (!runs.ok) throw new Error(runs.error.message);
  const [run] = runs.value.rows;
  if (run === undefined) throw new Error(`${workflow} has no run.`);
  return run;
}

/** Every change that the bodies tell a consumer of, as `user audience event`. */
function changesIn(bodies: readonly [string, string][]): string[] {
  return bodies
    .flatMap(([, body]) => {
      const { data } = JSON.parse(body) as {
        data: { user_id: string; segment_events: { slug: string; event: string }[] };
      };
      return data.segment_events.map(({ slug, event }) => `${data.user_id} ${slug} ${event}`);
    })
    .sort();
}

/** The same of the store's history, for the audiences of a workflow. */
async function changesOf(page: Page, workflow: string): Promise<string[]> {
  const changes = await page.evaluate(async (name) => {
    const shown = await window.segue.workflow.show({ name });
    if (!shown.ok) throw new Error(shown.error.message);
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const answer: Awaited<ReturnType<typeof window.segue.history.page>> = await window.segue.history.page({
        audiences: shown.value.audiences,
        cursor,
        limit: 500,
      });
      if (!answer.ok) throw new Error(answer.error.message);
      found.push(
        ...answer.value.rows.map(({ user_id, audience, event }) => `${user_id} ${audience} ${event}`),
      );
      cursor = answer.value.next;
    } while (cursor !== null);
    return found;
  }, workflow);
  return changes.sort();
}

const sorted = (bodies: Iterable<[string, string]>) => [...bodies].sort();

/** The whole main job in one window, each step on what the one before left, as a person would do it. */
describe('the main job in the window', () => {
  let segue: RunningSegue;
  let page: Page;
  let outside: ExternalSandbox;

  beforeAll(async () => {
    outside = await startExternalSandbox();
    segue = await launchSegue();
    page = segue.page;
    page.setDefaultTimeout(30_000);
    await untilEngine(page, 'running');
  });
  afterAll(async () => {
    await segue?.close();
    await outside?.stop();
  });

  it('loads the sample into an empty workspace and shows its workflow with a message', async () => {
    await page.getByText('No workflow yet').waitFor();
    await segue.screenshot('job-1-empty');
    await button(page, 'Load the sample workspace').click();
    await page.getByRole('region', { name: 'Preview' }).getByText('"segment_events"').waitFor();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('At risk to sandbox');
    await page
      .getByRole('status', { name: 'Message size' })
      .getByText(/bytes of 1,048,576 · valid/)
      .waitFor();
    await segue.screenshot('job-2-sample');
  });

  it('adds an authorization, whose secret is seen nowhere again', async () => {
    await goTo(page, 'Authorizations');
    await page.getByText('No authorization yet').waitFor();
    await segue.screenshot('job-3-no-authorization');
    await button(page, 'Add authorization').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('outside');
    await dialog.getByLabel('Access key id').fill(outside.accessKeyId);
    await dialog.getByLabel('Secret access key').fill(outside.secretAccessKey);
    await segue.screenshot('job-4-add-authorization');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('table', { name: 'Authorizations' }).getByText(outside.accessKeyId).waitFor();
    expect(await page.content()).not.toContain(outside.secretAccessKey);
    const listed = await page.evaluate(() => window.segue.authorization.list({}));
    expect(listed).toMatchObject({ ok: true, value: { rows: [{ name: 'outside', storage: 'keychain' }] } });
    expect(JSON.stringify(listed)).not.toContain(outside.secretAccessKey);
    expect(segue.filesHolding(outside.secretAccessKey)).toEqual([]);
  });

  it('tests the keys: the queue they belong to takes them, another refuses them by code', async () => {
    const answers = await page.evaluate(async (queueUrl) => {
      const made = await window.segue.sandbox.createQueue({ name: 'keys' });
      const inside = made.ok ? made.value.url : '';
      return [
        await window.segue.authorization.test({ name: 'outside', queueUrl, region: 'us-east-1' }),
        await window.segue.authorization.test({ name: 'outside', queueUrl: inside }),
        await window.segue.authorization.test({ name: 'nobody', queueUrl }),
      ];
    }, outside.queueUrl);
    expect(answers).toMatchObject([
      { ok: true },
      { ok: false, error: { code: 'CREDENTIALS_REFUSED' } },
      { ok: false, error: { code: 'AUTHORIZATION_NOT_FOUND' } },
    ]);
  });

  it('sees the preview change with each field of a new workflow', async () => {
    await goTo(page, 'Workflows');
    await button(page, 'New workflow').click();
    await page.getByLabel('Name', { exact: true }).fill('Checks');
    const preview = page.getByRole('region', { name: 'Preview' });
    const size = page.getByRole('status', { name: 'Message size' });
    await page.getByRole('checkbox', { name: /at_risk_to_churn/ }).check();
    await preview.getByText('"at_risk_to_churn"').first().waitFor();

    await page.getByLabel('Shape', { exact: true }).selectOption({ label: 'Exit' });
    await preview.getByText('"exit"').first().waitFor();
    const classic = await size.textContent();
    await page.getByText('Advanced', { exact: true }).click();
    await page.getByLabel('Time style').selectOption('modern');
    await expect.poll(() => size.textContent()).not.toBe(classic);

    const attributes = page.getByRole('table', { name: 'Message attributes' });
    expect(await attributes.count()).toBe(0);
    await button(page, /Add attribute/).click();
    await page.getByLabel('Field 1', { exact: true }).fill('email');
    await attributes.getByText('@example.com').waitFor();

    await page.getByRole('checkbox', { name: /high_value/ }).check();
    await page.getByLabel('Shape', { exact: true }).selectOption({ label: 'Several audiences' });
    await preview.getByText('"high_value"').first().waitFor();
    await segue.screenshot('job-5-preview');
  });

  it('sends a test to a queue of the embedded sandbox and sees it received', async () => {
    await page.getByLabel('SQS URL').fill('sandbox:checks');
    await button(page, 'Save').click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await button(page, 'Send test').click();
    const result = page.getByRole('region', { name: 'Test result' });
    await result.waitFor();
    const messageId = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec((await result.textContent()) ?? '')?.[0] ?? 'none';
    await segue.screenshot('job-6-test-send');
    await goTo(page, 'Sandbox');
    await page.getByRole('table', { name: 'Queues' }).getByText('checks').click();
    const received = page.getByRole('region', { name: 'Messages of checks' });
    await received.getByText(/at_risk_to_churn, .*high_value/).click();
    await page.getByRole('heading', { name: messageId }).waitFor();
    await segue.screenshot('job-7-received');
    const run = await newestRun(page, 'Checks');
    expect(sorted(await queueBodies(page, 'checks'))).toEqual(sorted(await sentBodies(page, run.id)));
  });

  it('replays the sample’s two weeks, pauses, resumes, and the queue holds what was planned', async () => {
    await goTo(page, 'Workflows');
    await page.getByText('At risk to sandbox').first().click();
    await startReplay(page, 120);
    await button(page, 'Pause').click();
    await runState(page, 'paused').waitFor();
    const paused = await newestRun(page, 'At risk to sandbox');
    expect(paused).toMatchObject({ state: 'paused', parked: 0, failed: 0 });
    expect(paused.pending).toBeGreaterThan(0);
    await segue.screenshot('job-8-paused');
    await button(page, 'Resume').click();
    await runState(page, 'completed').waitFor();
    const run = await newestRun(page, 'At risk to sandbox');
    expect(run).toMatchObject({
      state: 'completed',
      failed: 0,
      parked: 0,
      pending: 0,
      possibleDuplicates: 0,
    });
    expect(run.sent).toBe(run.planned);
    expect(run.sent).toBeGreaterThan(400);
    const counts = page.locator('[aria-label="Counts"]');
    await expect.poll(() => counts.textContent()).toContain(`Sent${run.sent}`);
    await segue.screenshot('job-9-summary');
    const held = await queueBodies(page, 'triggers');
    expect(held).toHaveLength(run.planned);
    expect(sorted(held)).toEqual(sorted(await sentBodies(page, run.id)));
    expect(changesIn(held)).toEqual(await changesOf(page, 'At risk to sandbox'));
  });

  it('sends to a queue elsewhere with the keys of the keychain, and it receives exactly that', async () => {
    await goTo(page, 'Workflows');
    await page.getByText('Checks').first().click();
    await page.getByLabel('SQS URL').fill(outside.queueUrl);
    await page.getByLabel('Region').fill('us-east-1');
    await button(page, 'Save').click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await button(page, 'Send test').click();
    await page.getByText('CREDENTIALS_MISSING').waitFor();
    await segue.screenshot('job-10-no-keys');
    await page.getByLabel('Authorization', { exact: true }).selectOption('outside');
    await button(page, 'Send test').click();
    await page.getByRole('region', { name: 'Test result' }).waitFor();
    await startReplay(page, 200);
    await runState(page, 'completed').waitFor();
    const runs = await page.evaluate(() => window.segue.run.list({ workflow: 'Checks' }));
    const [replay, test] = runs.ok ? runs.value.rows : [];
    expect(replay).toMatchObject({ kind: 'replay', state: 'completed', parked: 0, failed: 0 });
    expect(test).toMatchObject({ kind: 'test', state: 'completed' });
    const sent = await Promise.all([replay, test].map((run) => sentBodies(page, run?.id ?? '')));
    expect(sorted(await outside.receiveAll())).toEqual(sorted(sent.flat()));
    expect(segue.filesHolding(outside.secretAccessKey)).toEqual([]);
  });

  it('left no error in the page’s console', () => {
    expect(segue.errors).toEqual([]);
  });
});
