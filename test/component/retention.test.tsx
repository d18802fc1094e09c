import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { RetentionState } from '../../preload/contract/retention.ts';
import { openWindow } from './page.tsx';
import { keptForEver } from './sample-rows.ts';

const thirtyDays: RetentionState = {
  ...keptForEver,
  days: 30,
  cutOff: '2026-10-24T09:00:00Z',
  keptFrom: '2026-10-22T06:00:00Z',
  heldByRun: 'run7',
  prunable: 40,
  prunableBytes: 40_960,
};

test('older versions are kept for ever until days are set; removing them says from when on, and asks', async () => {
  let state = keptForEver;
  const { user, calls, emit } = openWindow({
    retention: {
      show: async () => state,
      set: async ({ days }) => {
        state = days === null ? keptForEver : thirtyDays;
        return state;
      },
      prune: async ({ dryRun = false }) => {
        state = { ...thirtyDays, versions: 372, prunable: 0, prunedUntil: '2026-10-22T06:00:00Z' };
        return {
          dryRun,
          keptFrom: '2026-10-22T06:00:00Z',
          heldByRun: 'run7',
          removed: 40,
          removedBytes: 40_960,
          storeBytes: 4_000_000,
          freeBytes: 0,
        };
      },
    },
  });
  await user.click(screen.getByRole('link', { name: 'Settings' }));
  const card = within(await screen.findByRole('region', { name: 'Retention' }));
  const remove = () => card.getByRole<HTMLButtonElement>('button', { name: 'Remove older versions…' });
  await card.findByText('412 versions, the oldest replaced 2026-10-20 06:00:00');
  expect(remove().disabled).toBe(true);

  await user.type(card.getByLabelText('Keep older versions for days'), '0');
  expect(card.getByText(/A whole number from 1 to 36500/)).toBeTruthy();
  await user.clear(card.getByLabelText('Keep older versions for days'));
  await user.type(card.getByLabelText('Keep older versions for days'), '30');
  await user.click(card.getByRole('button', { name: 'Set retention' }));
  emit('storeChanged', { tables: ['profile'] });
  await card.findByText('40 versions, about 40 KiB');
  expect(card.getByText('run7')).toBeTruthy();

  await user.click(remove());
  const dialog = within(await screen.findByRole('dialog', { name: 'Remove older profile versions' }));
  expect(dialog.getByText(/replaced before 2026-10-22 06:00:00/)).toBeTruthy();
  expect(calls.some(({ name }) => name === 'retention.prune')).toBe(false);
  await user.click(dialog.getByRole('button', { name: 'Remove versions' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  emit('storeChanged', { tables: ['profile'] });
  await card.findByText('372 versions, the oldest replaced 2026-10-20 06:00:00');
  expect(remove().disabled).toBe(true);
});
