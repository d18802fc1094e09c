import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { planSeconds, rangeWords } from '../../renderer/replay/eta.ts';
import { type FakeVerbs, Refusal } from './fake-bridge.ts';
import { openWindow } from './page.tsx';
import { detailOf, planOf, runOf, workflowOf } from './sample-rows.ts';

async function openReplay(verbs: FakeVerbs = {}) {
  const fake = openWindow(verbs);
  await screen.findByRole('textbox', { name: 'Name' });
  await fake.user.click(screen.getByRole('button', { name: 'Replay…' }));
  await screen.findByRole('form', { name: 'Choose' });
  return fake;
}

test('a replay goes from the choice over the plan to the run', async () => {
  const { user, calls } = await openReplay();
  await user.type(screen.getByLabelText('From (UTC)'), '2026-11-09');
  await user.type(screen.getByLabelText('To (UTC)'), '2026-11-10 12:00');
  await user.type(screen.getByLabelText('Messages per second'), '100');
  await user.click(screen.getByRole('button', { name: 'Plan' }));

  const plan = await screen.findByRole('region', { name: 'Plan' });
  expect(within(plan).getByText('1,312')).toBeTruthy();
  expect(within(plan).getByRole('button', { name: 'Continue' })).toBeTruthy();
  expect(plan.textContent).toContain('12 messages, for example user7');
  expect(plan.textContent).toContain('standard, encrypted by KMS, takes up to 262,144 bytes a message');
  await waitFor(() =>
    expect(screen.getByRole('status', { name: 'Destination' }).textContent).toContain(
      'standard, about 37 in it',
    ),
  );
  expect(calls.find(({ name }) => name === 'run.plan')?.input).toMatchObject({
    workflow: 'At risk to SQS',
    kind: 'replay',
    selection: { from: '2026-11-09T00:00:00Z', to: '2026-11-10T12:00:00Z', audiences: [] },
    options: { rate: 100, concurrency: 16, profile: 'as-of', dryRun: false },
  });
  expect(calls.some(({ name }) => name === 'run.start')).toBe(false);

  await user.click(screen.getByRole('button', { name: 'Continue' }));
  await user.click(await screen.findByRole('button', { name: 'Start replay' }));
  expect(await screen.findByRole('heading', { name: 'Replay of At risk to SQS' })).toBeTruthy();
  expect(screen.getByRole('progressbar', { name: 'Run progress' })).toBeTruthy();
});

test('what is wrong in the first step is said at its field, and nothing is planned', async () => {
  const { user, calls } = await openReplay();
  await user.type(screen.getByLabelText('From (UTC)'), '2026-02-30');
  await user.clear(screen.getByLabelText('Concurrency'));
  await user.type(screen.getByLabelText('Concurrency'), '0');
  await user.type(screen.getByLabelText('Maximum messages'), 'many');
  await user.click(screen.getByRole('button', { name: 'Plan' }));
  expect(screen.getByLabelText('From (UTC)').getAttribute('aria-invalid')).toBe('true');
  expect(screen.getByText('A whole number from 1 to 256')).toBeTruthy();
  expect(screen.getByText('A whole number above 0, or nothing for no maximum')).toBeTruthy();
  expect(calls.some(({ name }) => name === 'run.plan')).toBe(false);
});

test('a replay can be narrowed to a cause and to an import, which a backfill does not have', async () => {
  const { user, calls } = await openReplay();
  await user.selectOptions(screen.getByLabelText('Cause'), 'snapshot');
  await user.selectOptions(
    screen.getByLabelText('Import'),
    await screen.findByRole('option', { name: /^14 · day-14.csv/ }),
  );
  await user.click(screen.getByRole('button', { name: 'Plan' }));
  await screen.findByRole('region', { name: 'Plan' });
  const planned = () => calls.filter(({ name }) => name === 'run.plan').map(({ input }) => input);
  expect(planned()[0]).toMatchObject({ selection: { cause: 'snapshot', batch: 14 } });
  await user.click(screen.getByRole('button', { name: 'Back' }));
  await user.selectOptions(await screen.findByLabelText('Kind'), 'backfill');
  await user.click(screen.getByRole('button', { name: 'Plan' }));
  await screen.findByRole('region', { name: 'Plan' });
  expect(planned()[1]).toMatchObject({ kind: 'backfill', selection: { audiences: [] } });
  expect(planned()[1]).not.toHaveProperty('selection.batch');
});

test('a replay can be narrowed to what was not sent yet, and to what failed in a run', async () => {
  const { user, calls } = await openReplay();
  const plan = async (earlier: string | HTMLElement) => {
    await user.selectOptions(await screen.findByLabelText('Earlier runs'), earlier);
    await user.click(screen.getByRole('button', { name: 'Plan' }));
    await screen.findByRole('region', { name: 'Plan' });
    await user.click(screen.getByRole('button', { name: 'Back' }));
  };
  await plan('Not yet sent by this workflow');
  const failed = await screen.findAllByRole('option', {
    name: 'Failed in the replay of 2026-11-23 09:00:00 (3)',
  });
  await plan(failed[1] ?? '');
  await plan('All changes, sent before or not');
  const planned = calls.filter(({ name }) => name === 'run.plan').map(({ input }) => input);
  expect(planned).toMatchObject([
    { selection: { notSent: true } },
    { selection: { notSent: false, failedIn: 'run0' } },
    { selection: { notSent: false } },
  ]);
  expect(planned[2]).not.toHaveProperty('selection.failedIn');
});

test.each([
  [{ requests: 1600, seconds: null }, '2 s to 12 s'],
  [{ requests: 1600, seconds: 8 }, '8 s to 12 s'],
  [{ requests: 1600, seconds: 300 }, '5 min'],
])('the expected time of %j is a range: %s', (plan, words) => {
  expect(rangeWords(planSeconds(plan, { concurrency: 16 }))).toBe(words);
});

test('a plan without messages cannot be started', async () => {
  const { user } = await openReplay({ run: { plan: async () => planOf({ messages: 0 }) } });
  await user.click(screen.getByRole('button', { name: 'Plan' }));
  expect(await screen.findByText('Nothing to send')).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Continue' }).disabled).toBe(true);
});

test('a replay to production needs the typed name', async () => {
  const production = workflowOf({ environment: 'production' });
  const { user, calls } = await openReplay({
    workflow: { list: async () => ({ rows: [production] }), show: async () => production },
  });
  await user.click(screen.getByRole('button', { name: 'Plan' }));
  await user.click(await screen.findByRole('button', { name: 'Continue' }));
  await user.click(await screen.findByRole('button', { name: 'Start replay' }));
  const dialog = await screen.findByRole('dialog', { name: 'Send to production' });
  expect(calls.some(({ name }) => name === 'run.start')).toBe(false);
  await user.type(within(dialog).getByLabelText('Name of the workflow'), 'At risk to SQS{Enter}');
  await waitFor(() =>
    expect(calls.find(({ name }) => name === 'run.start')?.input).toMatchObject({
      confirm: 'At risk to SQS',
    }),
  );
});

test('an unknown host is asked about once, then the run starts with it trusted', async () => {
  const { user, calls } = await openReplay({
    run: {
      start: async ({ trustHost }) => {
        if (trustHost === 'queue.example') return runOf();
        throw new Refusal('ENDPOINT_UNCONFIRMED', 'The host is not one of AWS.', { host: 'queue.example' });
      },
    },
  });
  await user.click(screen.getByRole('button', { name: 'Plan' }));
  await user.click(await screen.findByRole('button', { name: 'Continue' }));
  await user.click(await screen.findByRole('button', { name: 'Start replay' }));
  await user.click(await screen.findByRole('button', { name: 'Trust this host' }));
  expect(await screen.findByRole('heading', { name: 'Replay of At risk to SQS' })).toBeTruthy();
  expect(calls.filter(({ name }) => name === 'run.start')).toHaveLength(2);
});

test('the run page follows progress events and offers what the state allows', async () => {
  let state: 'running' | 'paused' = 'running';
  const { user, calls, emit } = openWindow({
    run: {
      show: async () => detailOf(runOf({ state })),
      pause: async () => {
        state = 'paused';
        return runOf({ state });
      },
    },
  });
  await user.click(screen.getByRole('link', { name: 'Runs' }));
  const table = await screen.findByRole('table', { name: 'Runs' });
  await user.click(within(table).getAllByRole('button')[0] ?? table);
  expect(await screen.findByText(/1,203 of 2,000 messages/)).toBeTruthy();
  emit('runProgress', runOf({ sent: 1797, pending: 200 }));
  expect(await screen.findByText(/1,800 of 2,000 messages/)).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Resume' }).disabled).toBe(true);

  await user.click(screen.getByRole('button', { name: 'Pause' }));
  emit('runProgress', runOf({ state: 'paused', sent: 1797, pending: 200 }));
  emit('storeChanged', { tables: ['run'] });
  await waitFor(() =>
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Resume' }).disabled).toBe(false),
  );
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Pause' }).disabled).toBe(true);
  expect(calls.some(({ name }) => name === 'run.pause')).toBe(true);
});

test('the run as a whole stands beside its messages, until one of them is selected and after it is closed', async () => {
  const { user, calls } = openWindow();
  await user.click(screen.getByRole('link', { name: 'Runs' }));
  const runs = await screen.findByRole('table', { name: 'Runs' });
  await user.click(within(runs).getAllByRole('button')[0] ?? runs);
  const whole = await screen.findByRole('complementary', { name: 'Run' });
  expect(within(whole).getByLabelText('Messages per second')).toBeTruthy();
  const messages = await screen.findByRole('table', { name: 'Messages' });
  await user.click((await within(messages).findAllByRole('button'))[0] ?? messages);
  const detail = await screen.findByRole('complementary', { name: 'Message detail' });
  expect(screen.queryByRole('complementary', { name: 'Run' })).toBeNull();
  await user.click(await within(detail).findByRole('button', { name: 'Copy User' }));
  expect(calls.filter(({ name }) => name === 'app.copyText').map(({ input }) => input)).toEqual([
    { text: 'user1' },
  ]);
  await user.click(within(detail).getByRole('button', { name: 'Close message' }));
  expect(await screen.findByRole('complementary', { name: 'Run' })).toBeTruthy();
});

test('the plan draws the changes of each audience on one scale, and keeps their numbers', async () => {
  const { user } = await openReplay({
    run: {
      plan: async () =>
        planOf({
          byAudience: [
            { audience: 'at_risk_to_churn', enter: 1200, exit: 300, change: 0 },
            { audience: 'high_value', enter: 600, exit: 0, change: 12 },
          ],
        }),
    },
  });
  await user.click(screen.getByRole('button', { name: 'Plan' }));
  const table = await screen.findByRole('table', { name: 'By audience' });
  const cells = within(table).getAllByRole('cell');
  expect(cells.map((cell) => cell.textContent)).toEqual(['1,200', '300', '0', '600', '0', '12']);
  const widths = [...table.querySelectorAll<HTMLElement>('.track > span')].map(({ style }) => style.width);
  expect(widths).toEqual(['100%', '25%', '0%', '50%', '0%', '1%']);
});
