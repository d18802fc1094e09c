import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { launchSegue, type RunningSegue, untilEngine } from './launch.ts';

describe('a window on an empty workspace', () => {
  let segue: RunningSegue;
  beforeAll(async () => {
    segue = await launchSegue();
    await untilEngine(segue.page, 'running');
  });
  afterAll(() => segue?.close());

  it('shows Segue from its own origin, without an error in the console', async () => {
    expect(await segue.page.title()).toBe('Segue');
    expect(segue.page.url()).toBe('app://segue/index.html');
    expect(segue.errors).toEqual([]);
    await segue.page.getByRole('navigation').first().waitFor();
    await segue.screenshot('empty-workspace');
  });

  it('asks the engine through the bridge', async () => {
    const info = await segue.page.evaluate(() => window.segue.workspace.info({}));
    expect(info).toMatchObject({ ok: true, value: { dir: segue.workspace, profiles: 0 } });
    const app = await segue.page.evaluate(() => window.segue.app.info({}));
    expect(app).toMatchObject({
      ok: true,
      value: { workspace: segue.workspace, fallbackRuntime: inject('fallback') },
    });
  });

  it('refuses by code what breaks the contract', async () => {
    const answer = await segue.page.evaluate(() => {
      const show = window.segue.run.show as (input: unknown) => Promise<unknown>;
      return Promise.all([show({ id: 5 }), show(undefined), show({ id: 'nobody' })]);
    });
    expect(answer).toMatchObject([
      { ok: false, error: { code: 'INVALID_INPUT' } },
      { ok: false, error: { code: 'INVALID_INPUT' } },
      { ok: false, error: { code: 'RUN_NOT_FOUND' } },
    ]);
  });

  it('keeps an authorization in the keychain and shows no secret', async () => {
    const secretAccessKey = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY';
    const added = await segue.page.evaluate(
      (secret) =>
        window.segue.authorization.add({
          name: 'ops',
          accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
          secretAccessKey: secret,
        }),
      secretAccessKey,
    );
    const listed = await segue.page.evaluate(() => window.segue.authorization.list({}));
    if (segue.keychain === undefined) {
      expect(added).toMatchObject({ ok: false, error: { code: 'KEYCHAIN_UNAVAILABLE' } });
      return;
    }
    expect(listed).toMatchObject({ ok: true, value: { rows: [{ name: 'ops', storage: 'keychain' }] } });
    expect(JSON.stringify([added, listed])).not.toContain(secretAccessKey);
    expect(segue.filesHolding(secretAccessKey)).toEqual([]);
  });
});

describe('a first start', () => {
  it('opens the default workspace and fills it with the sample', async () => {
    const segue = await launchSegue({ firstStart: true });
    try {
      await untilEngine(segue.page, 'running');
      await expect
        .poll(
          async () => {
            const answer = await segue.page.evaluate(() => window.segue.workflow.list({}));
            return answer.ok ? answer.value.rows.length : answer.error;
          },
          { timeout: 60_000, interval: 200 },
        )
        .toBe(1);
      const info = await segue.page.evaluate(() => window.segue.workspace.info({}));
      expect(info.ok && info.value.profiles).toBeGreaterThan(100);
      expect(info.ok && info.value.dir).toBe(segue.workspace);
      await segue.page.getByRole('navigation').first().waitFor();
      expect(segue.errors).toEqual([]);
      await segue.screenshot('first-start');
    } finally {
      await segue.close();
    }
  });
});
