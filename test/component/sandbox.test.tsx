import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { readFaults, writeFaults } from '../../renderer/sandbox/faults.ts';
import type { FakeVerbs } from './fake-bridge.ts';
import { openWindow } from './page.tsx';

const queueOf = (name: string, visible: number) => ({
  name,
  url: `http://127.0.0.1:9999/000000000000/${name}`,
  fifo: name.endsWith('.fifo'),
  visible,
  inFlight: 0,
  delayed: 0,
  received: visible,
});

/** The sandbox view with a queue, its dead-letter queue, and an empty one. */
async function openSandbox(verbs: FakeVerbs['sandbox'] = {}) {
  let faults: string | null = null;
  const fake = openWindow({
    sandbox: {
      status: async () => ({
        endpoint: 'http://127.0.0.1:9999',
        queues: [queueOf('triggers', 3), queueOf('triggers-dlq', 2), queueOf('empty', 0)],
        faults,
      }),
      setFaults: async ({ spec }) => {
        faults = spec;
        return { faults };
      },
      redrive: async () => ({ moved: 2 }),
      deleteMessage: async () => ({ deleted: true }),
      purge: async () => ({ purged: 3 }),
      ...verbs,
    },
  });
  await fake.user.click(screen.getByRole('link', { name: 'Sandbox' }));
  await screen.findByRole('table', { name: 'Queues' });
  const inputs = (call: string) => fake.calls.filter(({ name }) => name === call).map(({ input }) => input);
  return { ...fake, inputs };
}

test('messages of a dead-letter queue go back to where they came from, or to a queue that is named', async () => {
  const { user, inputs } = await openSandbox();
  await user.click(screen.getByRole('button', { name: 'triggers-dlq' }));
  const redrive = async (to?: string) => {
    await user.click(await screen.findByRole('button', { name: 'Redrive…' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Redrive triggers-dlq' }));
    if (to !== undefined) await user.selectOptions(dialog.getByLabelText('To'), to);
    await user.click(dialog.getByRole('button', { name: 'Redrive' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  };
  await redrive();
  await redrive('triggers');
  expect(inputs('sandbox.redrive')).toEqual([
    { queue: 'triggers-dlq', to: null },
    { queue: 'triggers-dlq', to: 'triggers' },
  ]);
  await user.click(screen.getByRole('button', { name: 'empty' }));
  expect((await screen.findByRole<HTMLButtonElement>('button', { name: 'Redrive…' })).disabled).toBe(true);
});

test('a message is read and deleted; purging the whole queue asks first', async () => {
  const { user, inputs } = await openSandbox();
  const messages = await screen.findByRole('table', { name: 'Messages' });
  await user.click(within(messages).getAllByRole('button')[0] ?? messages);
  const detail = await screen.findByRole('complementary', { name: 'Message detail' });
  await within(detail).findByRole('table', { name: 'Message attributes' });
  await user.click(within(detail).getByRole('button', { name: 'Delete message' }));
  await waitFor(() =>
    expect(inputs('sandbox.deleteMessage')).toEqual([{ queue: 'triggers', messageId: 'a' }]),
  );
  await user.click(screen.getByRole('button', { name: 'Purge…' }));
  expect(inputs('sandbox.purge')).toEqual([]);
  await user.click(await screen.findByRole('button', { name: 'Purge queue' }));
  await waitFor(() => expect(inputs('sandbox.purge')).toEqual([{ queue: 'triggers' }]));
});

test('faults are set in percent, said while they are on, and turned off', async () => {
  const { user, inputs, emit } = await openSandbox();
  await user.click(screen.getByRole('button', { name: 'Faults…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Faults of the sandbox' }));
  await user.type(dialog.getByLabelText('Throttled (%)'), '400');
  expect(dialog.getByText('A number from 0 to 100')).toBeTruthy();
  await user.clear(dialog.getByLabelText('Throttled (%)'));
  await user.type(dialog.getByLabelText('Throttled (%)'), '10');
  await user.type(dialog.getByLabelText('Delay'), '50ms');
  await user.click(dialog.getByRole('button', { name: 'Set faults' }));
  await waitFor(() => expect(inputs('sandbox.setFaults')).toEqual([{ spec: 'throttle=0.1,delay=50ms' }]));
  emit('storeChanged', { tables: ['sandbox'] });
  await screen.findByText('Faults are on');
  await user.click(screen.getByRole('button', { name: 'Faults…' }));
  await user.click(await screen.findByRole('button', { name: 'Turn faults off' }));
  emit('storeChanged', { tables: ['sandbox'] });
  await waitFor(() => expect(screen.queryByText('Faults are on')).toBeNull());
});

test.each(['throttle=0.1', 'error=0.05,partial-sender=0.0125,delay=50ms@0.2,on=all,seed=7'])(
  'the dialog gives %s back as it was',
  (spec) => {
    expect(writeFaults(readFaults(spec))).toEqual({ spec, wrong: [] });
  },
);
