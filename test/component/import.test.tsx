import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { ImportResult } from '../../preload/contract/profile.ts';
import { Refusal } from './fake-bridge.ts';
import { openWindow } from './page.tsx';

const result: ImportResult = {
  batch: 15,
  dryRun: false,
  profiles: { read: 4000, created: 10, updated: 20, unchanged: 3970, duplicates: 3 },
  changes: { entered: 40, exited: 30, changed: 0 },
  audiencesCreated: ['big_spender'],
  rejected: 2,
  rejectFile: '/data/day-15.csv.rejects.ndjson',
  firstRejects: [
    { line: 7, column: 1, reason: 'The row has 3 columns, the header has 2' },
    { line: 9, column: 1, reason: 'The user is empty' },
  ],
  bytes: 2_097_152,
  seconds: 2,
};

/** The dialog of a membership snapshot with a file and a time, its import begun; it ends when the test says so. */
async function beginSnapshot() {
  let job = '';
  let settle: { done: (result: ImportResult) => void; fail: (error: Error) => void } | undefined;
  const fake = openWindow({
    snapshot: {
      import: ({ jobId = '' }) => {
        job = jobId;
        return new Promise((done, fail) => {
          settle = { done, fail };
        });
      },
    },
    batch: { undo: async ({ batch }) => ({ batch }) },
    app: { chooseFile: async () => ({ path: '/data/day-15.csv' }), showFile: async () => ({}) },
    job: {
      cancel: async () => {
        settle?.fail(new Refusal('CANCELLED', 'The import was cancelled; the store is as it was.'));
        return { cancelled: true };
      },
    },
  });
  const { user, calls } = fake;
  await user.click(screen.getByRole('link', { name: 'Audiences' }));
  await user.click(await screen.findByRole('button', { name: 'Import membership snapshot…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Import membership snapshot' }));
  await user.click(dialog.getByRole('button', { name: 'Choose…' }));
  expect(dialog.getByRole<HTMLButtonElement>('button', { name: 'Import' }).disabled).toBe(true);
  await user.type(dialog.getByLabelText('Taken at (UTC)'), '2026-11-23 06:00');
  await user.click(dialog.getByRole('button', { name: 'Import' }));
  await waitFor(() => expect(calls.some(({ name }) => name === 'snapshot.import')).toBe(true));
  return { ...fake, dialog, jobId: job, finish: (end: ImportResult) => settle?.done(end) };
}

test('an import shows bytes, rows, rate and time left, then who entered and left and what was rejected', async () => {
  const { user, calls, emit, dialog, jobId, finish } = await beginSnapshot();
  emit('jobProgress', {
    jobId,
    phase: 'reading',
    done: 1_048_576,
    total: 2_097_152,
    unit: 'bytes',
    rows: 2000,
    perSecond: 2000,
    secondsLeft: 1.2,
  });
  await dialog.findByText('reading · 1.0 MiB of 2.0 MiB · 2,000 rows · 2,000 per second · about 1 s left');
  finish(result);
  const outcome = await dialog.findByRole('status', { name: 'Import result' });
  expect(outcome.textContent).toContain('Entered40Exited30');
  expect(outcome.textContent).toContain('Rejected2');
  expect(
    within(outcome)
      .getAllByRole('listitem')
      .map((item) => item.textContent),
  ).toEqual([
    'Line 7, column 1: The row has 3 columns, the header has 2',
    'Line 9, column 1: The user is empty',
  ]);
  expect(outcome.textContent).toContain('2.0 MiB in 2 s, 2,000 rows per second');
  expect(outcome.textContent).toContain('Audiences created: big_spender');
  await user.click(within(outcome).getByRole('button', { name: 'Show reject file' }));
  expect(calls.find(({ name }) => name === 'app.showFile')?.input).toEqual({ path: result.rejectFile });
  await user.click(within(outcome).getByRole('button', { name: 'Undo import' }));
  await waitFor(() => expect(calls.find(({ name }) => name === 'batch.undo')?.input).toEqual({ batch: 15 }));
});

test('a cancelled import leaves the dialog with its choices, and no error', async () => {
  const { user, dialog } = await beginSnapshot();
  await user.click(await dialog.findByRole('button', { name: 'Cancel import' }));
  await dialog.findByText('Cancelled: the store is as it was.');
  expect(dialog.queryByRole('alert')).toBeNull();
  expect(dialog.getByLabelText<HTMLInputElement>('Taken at (UTC)').value).toBe('2026-11-23 06:00');
  expect(dialog.getByRole<HTMLButtonElement>('button', { name: 'Import' }).disabled).toBe(false);
});
