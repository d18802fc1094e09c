import { screen, waitFor, within } from '@testing-library/react';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillBuckets } from '../../renderer/history/fill-buckets.ts';
import { justAfter } from '../../renderer/history/just-after.ts';
import { Refusal } from './fake-bridge.ts';
import { openWindow } from './page.tsx';
import { BODY, planOf } from './sample-rows.ts';

async function openHistory(plan = planOf()) {
  const fake = openWindow({ run: { plan: async () => plan } });
  await fake.user.click(screen.getByRole('link', { name: 'History' }));
  const table = await screen.findByRole('table', { name: 'Changes' });
  const select = async () => {
    // The first whose audience the workflow has, and whose body was recorded.
    const row = (await within(table).findAllByRole('button'))[2];
    if (row !== undefined) await fake.user.click(row);
    return screen.findByRole('complementary', { name: 'Change' });
  };
  return { ...fake, table, select };
}

test('a list that cannot be read says why, and is asked for again', async () => {
  let locked = true;
  const { user } = openWindow({
    history: {
      page: async () => {
        if (locked) throw new Refusal('CONFLICT', 'Another process holds the database.');
        return { rows: [], next: null };
      },
    },
  });
  await user.click(screen.getByRole('link', { name: 'History' }));
  const notice = await screen.findByRole('alert');
  within(notice).getByText('Another process holds the database.');
  locked = false;
  await user.click(within(notice).getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
});

test('the histogram goes by day or by hour of the same filter', async () => {
  const { user, calls } = await openHistory();
  await screen.findByRole('table', { name: 'Changes by day' });
  await user.type(screen.getByLabelText('User'), 'user7');
  await user.click(screen.getByRole('button', { name: 'Hour' }));
  await screen.findByRole('table', { name: 'Changes by hour' });
  await waitFor(() => {
    const asked = calls.filter(({ name }) => name === 'history.histogram').map(({ input }) => input);
    expect(asked.at(-1)).toMatchObject({ bucket: 'hour', userId: 'user7' });
  });
  expect(screen.getByRole('button', { name: 'Hour' }).getAttribute('aria-pressed')).toBe('true');
});

test('the panel follows the row: the message that the workflow sends, compared with the recorded one', async () => {
  const body = BODY.replace('ada@', 'now@');
  const { user, calls, select } = await openHistory(
    planOf({ samples: [{ body, bytes: 1204, attributes: [] }] }),
  );
  const panel = within(await select());
  await panel.findByText('As At risk to SQS sends it, 1,204 bytes.');
  expect(calls.find(({ name }) => name === 'run.plan')?.input).toMatchObject({
    workflow: 'At risk to SQS',
    kind: 'replay',
    selection: {
      from: '2026-11-22T06:12:36.829070108Z',
      to: '2026-11-22T06:12:36.829070109Z',
    },
  });
  await user.click(await panel.findByRole('button', { name: 'Compare with the recorded message' }));
  const dialog = await screen.findByRole('dialog', { name: 'Recorded and this message' });
  await waitFor(() => expect(dialog.textContent).toContain('ada@example.com'));
  expect(dialog.textContent).toContain('now@example.com');
});

test('the panel says which runs sent the change, and compares with what the last one sent', async () => {
  const body = BODY.replace('ada@', 'now@');
  const { user, calls, select } = await openHistory(
    planOf({ samples: [{ body, bytes: 1204, attributes: [] }] }),
  );
  const panel = within(await select());
  const runs = await panel.findByRole('list', { name: 'Runs of this change' });
  expect(runs.textContent).toContain('replay of 2026-11-23 09:00:00 · message 12 sent');
  await user.click(await panel.findByRole('button', { name: 'Compare with the last one sent' }));
  const dialog = await screen.findByRole('dialog', { name: 'Last sent and this message' });
  await waitFor(() => expect(dialog.textContent).toContain('ada@example.com'));
  expect(calls.find(({ name }) => name === 'run.message')?.input).toEqual({ id: 'run1', n: 12 });
  await user.keyboard('{Escape}');
  await user.click(await within(runs).findByRole('button', { name: 'At risk to SQS' }));
  await screen.findByRole('heading', { name: 'Replay of At risk to SQS' });
});

test('a change that the workflow does not send says so', async () => {
  const { select } = await openHistory(planOf({ messages: 0, samples: [] }));
  const panel = within(await select());
  await panel.findByText('At risk to SQS does not send events of this kind.');
});

test('hours and days without a change keep their place between those that have some', () => {
  const at = (start: string) => ({ start, enter: 1, exit: 0, change: 0 });
  const filled = fillBuckets([at('2026-10-24T22:00:00Z'), at('2026-10-25T01:00:00Z')], 'hour');
  expect(filled.map(({ enter }) => enter)).toEqual([1, 0, 0, 1]);
  expect(filled[1]?.start).toContain('2026-10-24T23:00:00');
  expect(fillBuckets([at('2026-02-27T00:00:00Z'), at('2026-03-02T00:00:00Z')], 'day')).toHaveLength(4);
  expect(fillBuckets([], 'day')).toEqual([]);
});

test('the end of a period of one instant is a nanosecond later', () => {
  expect(justAfter('2026-11-22T06:12:36Z')).toBe('2026-11-22T06:12:36.000000001Z');
  expect(justAfter('2026-12-31T23:59:59.999999999Z')).toBe('2027-01-01T00:00:00.000000000Z');
  expect(justAfter('2026-11-22T06:12:36.5+02:00')).toBe('2026-11-22T04:12:36.500000001Z');
  const nanos = (text: string) =>
    BigInt(Date.parse(`${text.slice(0, 19)}Z`)) * 1_000_000n + BigInt(text.slice(20, 29));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 0, max: 999_999 }), (ms, rest) => {
      const at = `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(6, '0')}Z`;
      expect(nanos(justAfter(at)) - nanos(at)).toBe(1n);
    }),
  );
});
