import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { LiveRow } from '../../preload/contract/live.ts';
import { openWindow } from './page.tsx';
import { runOf } from './sample-rows.ts';
import { sampleVerbs } from './sample-verbs.ts';

test('a workflow goes live only after a question, and the banner says so until it is off', async () => {
  let rows: LiveRow[] = [];
  const run = runOf({ kind: 'live', state: 'running' });
  const verbs = sampleVerbs();
  const { user, calls, emit } = openWindow({
    live: { list: async () => ({ rows }) },
    workflow: {
      ...verbs.workflow,
      setLive: async ({ name, live }) => {
        rows = live ? [{ workflow: name, since: run.createdAt, waiting: false, run }] : [];
        return run;
      },
    },
  });
  const switched = () => calls.filter(({ name }) => name === 'workflow.setLive').map(({ input }) => input);
  await user.click(await screen.findByRole('button', { name: 'Go live…' }));
  const dialog = await screen.findByRole('dialog');
  expect(within(dialog).getByText(/only changes from now on are sent/)).toBeTruthy();
  expect(screen.queryByRole('region', { name: 'Live' })).toBeNull();
  expect(switched()).toEqual([]);

  await user.click(within(dialog).getByRole('button', { name: 'Go live' }));
  await waitFor(() => expect(switched()).toEqual([{ name: 'At risk to SQS', live: true }]));
  emit('storeChanged', { tables: ['run', 'workflow'] });
  expect(await screen.findByText('Live: sending changes of 1 workflow')).toBeTruthy();

  await user.click(await screen.findByRole('button', { name: 'Stop live' }));
  await waitFor(() => expect(switched().at(-1)).toEqual({ name: 'At risk to SQS', live: false }));
  emit('storeChanged', { tables: ['run', 'workflow'] });
  await waitFor(() => expect(screen.queryByRole('region', { name: 'Live' })).toBeNull());
});
