import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { fieldsExcerpt } from '../../renderer/profile/fields-excerpt.ts';
import { openWindow } from './page.tsx';

test('the clock begins a simulation, and returns to the real time', async () => {
  let mode: 'real' | 'simulated' = 'real';
  const state = () => ({ mode, now: '2026-11-23T09:00:00Z', dueTimers: 3 });
  const { user, calls, emit } = openWindow({
    clock: {
      show: async () => state(),
      advance: async ({ to }) => {
        mode = 'simulated';
        return { now: to, entered: 2, exited: 1, timers: 3 };
      },
      useReal: async () => {
        mode = 'real';
        return state();
      },
    },
  });
  await user.click(screen.getByRole('link', { name: 'Settings' }));
  const card = within(await screen.findByRole('region', { name: 'Clock' }));
  await card.findByText('real');
  expect(card.queryByRole('button', { name: 'Return to the real time' })).toBeNull();
  await user.type(card.getByLabelText('Advance to (UTC)'), '2026-12-01');
  await user.click(card.getByRole('button', { name: 'Advance' }));
  await screen.findByText('Clock at 2026-12-01T00:00:00Z: 2 entered, 1 exited');
  emit('storeChanged', { tables: ['clock'] });
  await user.click(await card.findByRole('button', { name: 'Return to the real time' }));
  emit('storeChanged', { tables: ['clock'] });
  await card.findByText('real');
  expect(calls.some(({ name }) => name === 'clock.useReal')).toBe(true);
});

test('a profile shows why it is in an audience with a rule', async () => {
  const { user } = openWindow();
  await user.click(screen.getByRole('link', { name: 'Profiles' }));
  const table = await screen.findByRole('table', { name: 'Profiles' });
  const [first] = await within(table).findAllByRole('button');
  if (first === undefined) throw new Error('There is no profile.');
  await user.click(first);
  const panel = within(await screen.findByRole('complementary', { name: 'Profile' }));
  await panel.findByLabelText('Audience with a rule');
  await panel.findByText('AND (last_login < "now-7d", NOT unsubscribed = true)');
  await panel.findByText('enter at 2026-11-20 06:12:36 UTC, by clock');
  await panel.findByText('2026-11-27T06:12:36Z');
});

test('data events are imported as events', async () => {
  const { user, calls } = openWindow();
  await user.click(screen.getByRole('link', { name: 'Profiles' }));
  await user.click(await screen.findByRole('button', { name: 'Import data events…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Import data events' }));
  await user.type(dialog.getByLabelText('File'), '/data/events.ndjson');
  await user.click(dialog.getByRole('button', { name: 'Import' }));
  expect(calls.find(({ name }) => name === 'profile.import')?.input).toMatchObject({
    path: '/data/events.ndjson',
    format: 'events',
  });
});

test.each([
  ['{"_created": "2024", "user_id": "u1", "email": "a@b"', 'email=a@b'],
  ['{"email":"a@b","_created":"2024","visits":171,"vip":true}', 'email=a@b visits=171 vip=true'],
  ['{"city":"K\u00f6ln","first_name":"Ad', 'city=K\u00f6ln first_name=Ad…'],
  ['{"email":"a@b","address":{"city":"Pune"}}', 'email=a@b'],
  ['', ''],
])('the excerpt of %s has the fields that tell a row apart', (text, excerpt) => {
  const fields = fieldsExcerpt(text, 'u1').map(({ name, value }) => `${name}=${value}`);
  expect(fields.join(' ')).toBe(excerpt);
});
