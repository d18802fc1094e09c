import { EditorView } from '@codemirror/view';
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { RunMessageRow } from '../../preload/contract/run.ts';
import { openWindow } from './page.tsx';
import { BODY, detailOf, runOf } from './sample-rows.ts';

const parked: RunMessageRow = {
  n: 8,
  userId: 'user8',
  at: '2026-11-20T06:12:36.829070108Z',
  state: 'parked',
  attempts: 1,
  messageId: null,
  possibleDuplicate: false,
  errorCode: 'MESSAGE_TOO_LARGE',
  errorMessage: 'The message has 2,204 bytes with its attributes, the queue takes 1,024.',
};

const attribute = { name: 'email', type: 'String', value: 'ada@example.com' };

/** A run that ended with a parked message, whose queue takes 1,024 bytes; the editor of that message is open. */
async function openParked() {
  let body = BODY;
  const ended = runOf({ state: 'completed_with_errors', sent: 1999, parked: 1, pending: 0 });
  const fake = openWindow({
    run: {
      show: async () => detailOf(ended),
      messages: async ({ state }) => ({ rows: state === 'parked' ? [parked] : [], next: null }),
      message: async () => ({ ...parked, body, bytes: 2204, attributes: [attribute] }),
      editMessage: async ({ n, body: next, dryRun }) => {
        const tooLarge = next.includes('order_id');
        if (!dryRun) body = next;
        return {
          n,
          bytes: tooLarge ? 2204 : 900,
          limitBytes: 1024,
          problems: tooLarge
            ? [
                {
                  severity: 'error',
                  code: 'MESSAGE_TOO_LARGE',
                  message: 'The message is too large.',
                  field: null,
                  path: '/data/order_id',
                },
              ]
            : [],
        };
      },
      retry: async () => runOf(),
    },
  });
  const { user } = fake;
  await user.click(screen.getByRole('link', { name: 'Runs' }));
  const runs = await screen.findByRole('table', { name: 'Runs' });
  await user.click(within(runs).getAllByRole('button')[0] ?? runs);
  await user.click(await screen.findByRole('button', { name: 'Show parked' }));
  const messages = await screen.findByRole('table', { name: 'Messages' });
  await user.click(await within(messages).findByRole('button', { name: '8' }));
  await user.click(await screen.findByRole('button', { name: 'Edit message…' }));
  const dialog = await screen.findByRole('dialog', { name: 'Edit message 8 of user8' });
  const editor = await within(dialog).findByRole('textbox', { name: 'Body of message 8' });
  const view = EditorView.findFromDOM(editor);
  if (view === null) throw new Error('The body is no editor.');
  const replace = (text: string) =>
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
  const save = () => within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Save for retry' });
  return { ...fake, dialog, view, replace, save };
}

test('a parked message says what is wrong while it is corrected, and is stored as compact as it was', async () => {
  const { user, calls, dialog, view, replace, save } = await openParked();
  expect(view.state.doc.lines).toBeGreaterThan(10);
  const size = within(dialog).getByRole('status', { name: 'Message size' });
  await waitFor(() => expect(size.textContent).toBe('2,204 bytes of 1,024 · 1 error'));
  expect(save().disabled).toBe(true);
  await user.click(within(dialog).getByRole('button', { name: /The message is too large/ }));
  const line = view.state.doc.lineAt(view.state.selection.main.head).text;
  expect(line).toContain('"order_id": 9007199254740993');

  replace('{\n  "data": {\n    "user_id": "user8"\n  }\n}');
  await waitFor(() => expect(size.textContent).toBe('900 bytes of 1,024 · valid'));
  await user.clear(within(dialog).getByLabelText('Attribute 1 value'));
  await user.type(within(dialog).getByLabelText('Attribute 1 value'), 'eve@example.com');
  await waitFor(() => expect(save().disabled).toBe(false));
  await user.click(save());

  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  const stored = calls.filter(({ name, input }) => {
    return name === 'run.editMessage' && !(input as { dryRun: boolean }).dryRun;
  });
  expect(stored.map(({ input }) => input)).toEqual([
    {
      id: 'run1',
      n: 8,
      body: '{"data":{"user_id":"user8"}}',
      attributes: [{ ...attribute, value: 'eve@example.com' }],
      dryRun: false,
    },
  ]);
  expect(calls.some(({ name }) => name === 'run.retry')).toBe(false);
});

test('closing the editor keeps the edits, discarding them brings the message back', async () => {
  const { user, replace } = await openParked();
  replace('{"data":{}}');
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await user.keyboard('{Control>}e{/Control}');
  const dialog = await screen.findByRole('dialog');
  const text = () => within(dialog).getByRole('textbox', { name: 'Body of message 8' }).textContent;
  await waitFor(() => expect(text()).toBe('{"data":{}}'));
  await user.click(within(dialog).getByRole('button', { name: 'Discard edits' }));
  await waitFor(() => expect(text()).toContain('"order_id": 9007199254740993'));
});

test('a corrected message can be sent at once', async () => {
  const { user, calls, dialog, replace } = await openParked();
  replace('{"data":{}}');
  const send = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Save and retry parked' });
  await waitFor(() => expect(send.disabled).toBe(false));
  await user.click(send);
  await waitFor(() => expect(calls.some(({ name }) => name === 'run.retry')).toBe(true));
});
