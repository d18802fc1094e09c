import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { CaptureResult } from '../../preload/contract/capture.ts';
import type { ImportResult } from '../../preload/contract/profile.ts';
import { openWindow } from './page.tsx';
import { workflowOf } from './sample-rows.ts';

const imported: ImportResult = {
  batch: 15,
  dryRun: false,
  profiles: { read: 3, created: 0, updated: 0, unchanged: 3, duplicates: 0 },
  changes: { entered: 2, exited: 1, changed: 0 },
  audiencesCreated: [],
  rejected: 0,
  rejectFile: null,
  firstRejects: [],
  bytes: 3600,
  seconds: 0.2,
};

/** The capture dialog, opened from the messages of a sandbox queue. */
async function openCapture(environment: 'sandbox' | 'production' = 'sandbox') {
  let finish: (() => void) | undefined;
  const workflow = workflowOf({ environment });
  const fake = openWindow({
    workflow: { list: async () => ({ rows: [workflow] }), show: async () => workflow },
    app: { chooseSaveFile: async () => ({ path: '/data/dlq.ndjson' }), showFile: async () => ({}) },
    history: { import: async () => imported },
    capture: {
      run: async ({ mode, out }): Promise<CaptureResult> => {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        const drained = mode === 'drain';
        return {
          mode,
          queueUrl: 'http://127.0.0.1:9999/000000000000/triggers',
          file: out,
          captured: 3,
          deleted: drained ? 2 : 0,
          notDeleted: drained ? 1 : 0,
          returned: drained ? 0 : 3,
          ended: 'empty',
        };
      },
    },
    job: {
      cancel: async () => {
        finish?.();
        return { cancelled: true };
      },
    },
  });
  await fake.user.click(screen.getByRole('link', { name: 'Sandbox' }));
  await fake.user.click(await screen.findByRole('button', { name: 'Capture…' }));
  const dialog = await screen.findByRole('dialog', { name: 'Capture messages' });
  const requests = () => fake.calls.filter(({ name }) => name === 'capture.run').map(({ input }) => input);
  return { ...fake, dialog, requests, finish: () => finish?.() };
}

test('peeking is the default: it says that all stays in the queue, shows progress and how it ended', async () => {
  const { user, dialog, requests, finish, emit } = await openCapture();
  expect(within(dialog).getByLabelText<HTMLInputElement>('Queue').value).toBe('sandbox:triggers');
  expect(within(dialog).getByRole<HTMLInputElement>('radio', { name: /^Peek/ }).checked).toBe(true);
  await user.click(within(dialog).getByRole('button', { name: 'Choose…' }));
  await user.click(within(dialog).getByRole('button', { name: 'Peek' }));
  await waitFor(() => expect(requests()).toHaveLength(1));
  expect(requests()[0]).toMatchObject({
    mode: 'peek',
    queue: 'sandbox:triggers',
    out: '/data/dlq.ndjson',
    max: null,
  });
  const { jobId } = requests()[0] as { jobId: string };
  emit('jobProgress', {
    jobId,
    phase: 'peeking',
    done: 2,
    total: null,
    unit: 'messages',
    rows: 2,
    perSecond: 2,
    secondsLeft: null,
  });
  await within(dialog).findByText(/peeking · 2/);
  finish();
  const result = await within(dialog).findByRole('status', { name: 'Capture result' });
  expect(result.textContent).toContain('3 messages peeked: all are still in the queue');
  await user.click(within(result).getByRole('button', { name: 'Import into history' }));
  const history = await within(result).findByRole('region', { name: 'In the history' });
  expect(history.textContent).toContain('Entered2Exited1');
});

test('draining asks first, and counts what could not be deleted', async () => {
  const { user, dialog, requests, finish } = await openCapture();
  await user.type(within(dialog).getByLabelText('Archive file'), '/data/dlq.ndjson');
  await user.click(within(dialog).getByRole('radio', { name: /^Drain/ }));
  await user.click(within(dialog).getByRole('button', { name: 'Drain…' }));
  expect(requests()).toEqual([]);
  expect(within(dialog).getByText('Draining deletes messages')).toBeTruthy();
  await user.click(within(dialog).getByRole('button', { name: 'Drain queue' }));
  await waitFor(() => expect(requests()).toMatchObject([{ mode: 'drain' }]));
  finish();
  const result = await within(dialog).findByRole('status', { name: 'Capture result' });
  expect(result.textContent).toContain('3 messages drained: 2 deleted from the queue');
  expect(result.textContent).toContain('1 could not be deleted and come again');
});

test('draining the queue of a production workflow needs its name', async () => {
  const { user, dialog, requests } = await openCapture('production');
  await user.selectOptions(within(dialog).getByLabelText('Keys and region of'), 'At risk to SQS');
  await user.type(within(dialog).getByLabelText('Archive file'), '/data/dlq.ndjson');
  await user.click(within(dialog).getByRole('radio', { name: /^Drain/ }));
  await user.click(within(dialog).getByRole('button', { name: 'Drain…' }));
  await user.click(within(dialog).getByRole('button', { name: 'Drain queue' }));
  const question = await screen.findByRole('dialog', { name: 'Drain a production queue' });
  expect(requests()).toEqual([]);
  await user.type(within(question).getByLabelText('Name of the workflow'), 'At risk to SQS{Enter}');
  await waitFor(() => expect(requests()).toMatchObject([{ mode: 'drain', confirm: 'At risk to SQS' }]));
});

test('what is missing is said at its field, and nothing is received', async () => {
  const { user, dialog, requests } = await openCapture();
  await user.clear(within(dialog).getByLabelText('Queue'));
  await user.type(within(dialog).getByLabelText('At most messages'), 'all');
  await user.click(within(dialog).getByRole('button', { name: 'Peek' }));
  expect(within(dialog).getByText('A queue URL, sandbox:NAME, or a workflow')).toBeTruthy();
  expect(within(dialog).getByText('A file that does not exist yet')).toBeTruthy();
  expect(within(dialog).getByText(/A whole number from 1 to 100000/)).toBeTruthy();
  expect(requests()).toEqual([]);
});

test('a capture under way can be cancelled', async () => {
  const { user, dialog, calls } = await openCapture();
  await user.type(within(dialog).getByLabelText('Archive file'), '/data/dlq.ndjson');
  await user.click(within(dialog).getByRole('button', { name: 'Peek' }));
  await user.click(await within(dialog).findByRole('button', { name: 'Cancel capture' }));
  await within(dialog).findByRole('status', { name: 'Capture result' });
  expect(calls.some(({ name }) => name === 'job.cancel')).toBe(true);
});
