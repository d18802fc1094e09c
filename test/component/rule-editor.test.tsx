import { EditorView } from '@codemirror/view';
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { InputOf } from '../../preload/contract/call.ts';
import type { Contract } from '../../preload/contract/contract.ts';
import { type FakeVerbs, Refusal } from './fake-bridge.ts';
import { openWindow } from './page.tsx';

type Previewed = InputOf<Contract['audience']['previewRule']>;

const users = (prefix: string, count: number) => ({
  count,
  users: Array.from({ length: Math.min(10, count) }, (_, at) => `${prefix}${at}`),
});

function previewOf({ mode = 'exact', slug }: Previewed, looked: number) {
  return {
    mode,
    looked,
    total: 4000,
    matching: users('match', looked / 4),
    notMatching: users('other', (looked * 3) / 4),
    unanswered: 0,
    entering: slug === undefined ? null : users('enter', looked / 100),
    leaving: slug === undefined ? null : users('leave', looked / 200),
    warnings: [
      {
        name: 'totl_spend',
        message: 'No profile has a field totl_spend.',
        suggestion: 'total_spend',
        line: 1,
        column: 8,
      },
    ],
  };
}

/** The audiences view with verbs of a store of 4,000 profiles; `exact` is answered when the test says so. */
async function openEditor(button: string, verbs: FakeVerbs['audience'] = {}) {
  const waiting: (() => void)[] = [];
  const fake = openWindow({
    audience: {
      language: async () => ({ functions: ['tolower', 'todate'] }),
      previewRule: async (input) => {
        if (input.mode === 'sample') return previewOf(input, 1000);
        await new Promise<void>((resolve) => waiting.push(resolve));
        return previewOf(input, 4000);
      },
      saveRule: async () => ({ outcome: 'updated', entered: 40, exited: 20, warnings: [] }),
      ...verbs,
    },
    job: { cancel: async () => ({ cancelled: true }) },
  });
  await fake.user.click(await screen.findByRole('link', { name: 'Audiences' }));
  await fake.user.click(await screen.findByText('big_spender'));
  await fake.user.click(await screen.findByRole('button', { name: button }));
  const dialog = await screen.findByRole('dialog');
  const editor = await within(dialog).findByRole('textbox', { name: 'Rule text' });
  const type = (text: string) => {
    const view = EditorView.findFromDOM(editor);
    view?.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
  };
  const finishExact = () => {
    for (const finish of waiting.splice(0)) finish();
  };
  return { ...fake, dialog, editor, type, finishExact };
}

test('shows who matches, first from a sample and then exactly, and who would enter and leave', async () => {
  const { dialog, finishExact, calls } = await openEditor('Edit rule…');
  const status = await within(dialog).findByRole('status', { name: 'Matching profiles' });
  expect(status.textContent).toContain('about 1,000 of 4,000 profiles match, from a sample of 1,000');
  finishExact();
  await waitFor(() => expect(status.textContent).toBe('1,000 of 4,000 profiles match'));
  expect(within(dialog).getByRole('region', { name: 'Match' }).textContent).toContain('match9');
  expect(within(dialog).getByRole('region', { name: 'Do not match' }).textContent).toContain('3,000');
  expect(within(dialog).getByRole('region', { name: 'Would enter' }).textContent).toContain('40');
  expect(within(dialog).getByRole('region', { name: 'Would leave' }).textContent).toContain('20');
  expect(dialog.textContent).toContain('Line 1, column 8');
  expect(dialog.textContent).toContain('Did you mean total_spend?');
  const asked = calls.filter(({ name }) => name === 'audience.previewRule');
  expect(asked.map(({ input }) => input)).toMatchObject([
    { text: 'total_spend > 1000', slug: 'big_spender', mode: 'sample' },
    { text: 'total_spend > 1000', slug: 'big_spender', mode: 'exact' },
  ]);
});

test('another text cancels the count that is under way', async () => {
  const { dialog, type, calls } = await openEditor('Edit rule…');
  await within(dialog).findByText(/from a sample/);
  await waitFor(() => expect(calls.filter(({ name }) => name === 'audience.previewRule')).toHaveLength(2));
  const first = calls.find(({ name }) => name === 'audience.previewRule')?.input as Previewed | undefined;
  type('total_spend > 2000');
  await waitFor(() => {
    const cancelled = calls.find(({ name }) => name === 'job.cancel');
    expect(cancelled?.input).toEqual({ jobId: first?.jobId });
  });
  await waitFor(() =>
    expect(calls.findLast(({ name }) => name === 'audience.previewRule')?.input).toMatchObject({
      text: 'total_spend > 2000',
    }),
  );
});

test('a fault is underlined in place and said with line and column, and cannot be saved', async () => {
  const { dialog, editor, type } = await openEditor('Edit rule…');
  type('AND (total_spend > 1');
  expect(await within(dialog).findByText('Line 1, column 20')).toBeTruthy();
  expect(within(dialog).getByText('The list is not closed')).toBeTruthy();
  const view = EditorView.findFromDOM(editor);
  expect(view?.contentDOM.querySelector('.cm-lintRange-error')?.textContent).toBe('1');
  expect(within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Save' }).disabled).toBe(true);
});

test('saves a changed rule under its audience, and keeps the text when saving is refused or the dialog closed', async () => {
  let refuse = true;
  const { user, dialog, type, calls } = await openEditor('Edit rule…', {
    saveRule: async () => {
      if (refuse) throw new Refusal('CONFLICT', 'Another import is running.');
      return { outcome: 'updated', entered: 40, exited: 20, warnings: [] };
    },
  });
  const save = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Save' });
  expect(save().disabled).toBe(true);
  type('total_spend > 3000');
  await waitFor(() => expect(save().disabled).toBe(false));
  await user.click(save());
  expect(await within(dialog).findByText('Another import is running.')).toBeTruthy();
  await user.click(within(dialog).getByRole('button', { name: 'Close' }));
  await user.click(await screen.findByRole('button', { name: 'Edit rule…' }));
  const again = await screen.findByRole('textbox', { name: 'Rule text' });
  expect(again.textContent).toBe('total_spend > 3000');
  refuse = false;
  await waitFor(() => expect(save().disabled).toBe(false));
  await user.click(save());
  expect(await screen.findByText('Saved big_spender: 40 entered, 20 left')).toBeTruthy();
  expect(screen.queryByRole('dialog', { name: 'Rule of big_spender' })).toBeNull();
  expect(calls.findLast(({ name }) => name === 'audience.saveRule')?.input).toMatchObject({
    slug: 'big_spender',
    name: 'Big spender',
    filter: 'total_spend > 3000',
  });
});

test('a new audience needs a slug that is free', async () => {
  const { user, dialog, type } = await openEditor('New rule audience…');
  type('FILTER total_spend > 10');
  const save = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Save' });
  await within(dialog).findByText(/profiles match/);
  expect(save.disabled).toBe(true);
  expect(within(dialog).queryByRole('region', { name: 'Would enter' })).toBeNull();
  await user.type(within(dialog).getByLabelText('Slug'), 'big_spender');
  expect(await within(dialog).findByText('There is an audience with this slug already')).toBeTruthy();
  await user.type(within(dialog).getByLabelText('Slug'), '_2');
  await waitFor(() => expect(save.disabled).toBe(false));
  expect(await within(dialog).findByRole('region', { name: 'Would enter' })).toBeTruthy();
});
