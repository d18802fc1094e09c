import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { MergeReport } from '../../preload/contract/bundle.ts';
import { openWindow } from './page.tsx';

test('a plan is exported as a bundle, with the line that sends a share of it', async () => {
  const { user, calls } = openWindow({
    app: { chooseSaveFile: async () => ({ path: '/data/replay.bundle' }) },
    bundle: {
      export: async ({ out }) => ({
        id: '0'.repeat(32),
        file: out,
        bytes: 4096,
        messages: 1312,
        users: 240,
      }),
    },
  });
  await screen.findByRole('textbox', { name: 'Name' });
  await user.click(screen.getByRole('button', { name: 'Replay…' }));
  await user.type(await screen.findByLabelText('From (UTC)'), '2026-11-09');
  await user.click(screen.getByRole('button', { name: 'Plan' }));
  await user.click(await screen.findByRole('button', { name: 'Export bundle…' }));
  const bundle = await screen.findByRole('status', { name: 'Bundle' });
  expect(bundle.textContent).toContain('Messages1,312Users240');
  expect(bundle.textContent).toContain('segue replay start --bundle /data/replay.bundle --shard 0/8');
  expect(calls.find(({ name }) => name === 'bundle.export')?.input).toMatchObject({
    workflow: 'At risk to SQS',
    kind: 'replay',
    selection: { from: '2026-11-09T00:00:00Z' },
    options: { profile: 'as-of', requireValid: false },
    out: '/data/replay.bundle',
  });
});

test('journals of shares are merged, and what is missing is named', async () => {
  const report: MergeReport = {
    bundle: '0'.repeat(32),
    workflow: 'At risk to SQS',
    kind: 'replay',
    of: 3,
    state: 'incomplete',
    missing: [2],
    shares: [0, 1].map((index) => ({
      index,
      run: `run${index}`,
      state: 'completed' as const,
      planned: 400,
      sent: 400,
      failed: 0,
      parked: 0,
      pending: 0,
      cancelled: 0,
      possibleDuplicates: 0,
    })),
    planned: 1200,
    sent: 800,
    failed: 0,
    parked: 0,
    pending: 0,
    cancelled: 0,
    possibleDuplicates: 0,
    unaccounted: 400,
    file: '/data/merged.ndjson',
  };
  const { user, calls } = openWindow({
    app: { chooseFiles: async () => ({ paths: ['/data/share-0.ndjson', '/data/share-1.ndjson'] }) },
    bundle: { merge: async () => report },
  });
  await user.click(screen.getByRole('link', { name: 'Runs' }));
  await user.click(await screen.findByRole('button', { name: 'Merge journals…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Merge journals' }));
  await user.click(dialog.getByRole('button', { name: 'Add files…' }));
  await user.type(dialog.getByLabelText('Merged journal'), '/data/merged.ndjson');
  await user.click(dialog.getByRole('checkbox', { name: 'Allow missing shares' }));
  await user.click(dialog.getByRole('button', { name: 'Merge' }));
  const merged = await dialog.findByRole('status', { name: 'Merged run' });
  expect(merged.textContent).toContain('Incomplete: a share is missing or has not ended.');
  expect(merged.textContent).toContain('2/3');
  expect(merged.textContent).toContain('Unaccounted400');
  await waitFor(() =>
    expect(calls.find(({ name }) => name === 'bundle.merge')?.input).toMatchObject({
      files: ['/data/share-0.ndjson', '/data/share-1.ndjson'],
      out: '/data/merged.ndjson',
      allowMissing: true,
    }),
  );
});
