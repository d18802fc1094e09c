import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { FakeBridge } from './fake-bridge.ts';
import { Refusal } from './fake-bridge.ts';
import { openWindow } from './page.tsx';
import { previewOf, workflowOf } from './sample-rows.ts';

const nameField = () => screen.findByRole<HTMLInputElement>('textbox', { name: 'Name' });
const lastInput = ({ calls }: FakeBridge, name: string) =>
  calls.filter((call) => call.name === name).at(-1)?.input;

test("the form carries the sink's own field labels", async () => {
  openWindow();
  await nameField();
  const form = screen.getByRole('form', { name: 'Workflow' });
  for (const label of ['Authorization', 'SQS URL', 'Region', 'Existing Users', 'Environment']) {
    expect(within(form).getByLabelText(label)).toBeTruthy();
  }
  expect(within(form).getByRole('group', { name: 'Audiences' })).toBeTruthy();
  expect(within(form).getByRole('group', { name: 'Event/User Attributes' })).toBeTruthy();
});

test('a workflow without a name is not saved, and says so at the field', async () => {
  const { user, calls } = openWindow();
  await user.clear(await nameField());
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect((await nameField()).getAttribute('aria-invalid')).toBe('true');
  expect(calls.some(({ name }) => name === 'workflow.save')).toBe(false);
  expect(await screen.findByText('The form has errors; the preview waits.')).toBeTruthy();
});

test('a subscription id that is not 32 hexadecimal digits is refused at the field', async () => {
  const { user, calls } = openWindow();
  await nameField();
  await user.click(screen.getByText('Advanced'));
  const field = screen.getByLabelText('Subscription id');
  await user.clear(field);
  await user.type(field, 'xyz');
  expect(await screen.findByText(/32 lower-case hexadecimal/)).toBeTruthy();
  await user.keyboard('{Control>}s{/Control}');
  expect(calls.some(({ name }) => name === 'workflow.save')).toBe(false);
});

test('saving with the keyboard renames and sends what the schema makes of the form', async () => {
  const fake = openWindow();
  const { user } = fake;
  const name = await nameField();
  await user.clear(name);
  await user.type(name, '  Renamed ');
  await user.click(await screen.findByRole('checkbox', { name: /big_spender/ }));
  expect(screen.getByText('Unsaved')).toBeTruthy();
  await user.keyboard('{Control>}s{/Control}');
  await waitFor(() => expect(lastInput(fake, 'workflow.save')).toBeTruthy());
  expect(lastInput(fake, 'workflow.save')).toMatchObject({
    previousName: 'At risk to SQS',
    workflow: {
      name: 'Renamed',
      audiences: ['at_risk_to_churn', 'big_spender'],
      queueUrl: 'sandbox:triggers',
    },
  });
  expect(await screen.findByText('Saved')).toBeTruthy();
});

test('undo and redo walk through the edits', async () => {
  const { user } = openWindow();
  await user.selectOptions(await screen.findByLabelText('Environment'), 'production');
  await user.click(screen.getByRole('button', { name: 'Undo' }));
  await waitFor(() => expect(screen.getByLabelText<HTMLSelectElement>('Environment').value).toBe('sandbox'));
  expect(screen.getByText('Saved')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Redo' }));
  await waitFor(() =>
    expect(screen.getByLabelText<HTMLSelectElement>('Environment').value).toBe('production'),
  );
});

test('the preview shows the message of the unsaved draft and its problem leads to the field', async () => {
  const fake = openWindow();
  const { user } = fake;
  await nameField();
  expect(await screen.findByText('1,204 bytes of 1,048,576 · valid')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Add attribute' }));
  await user.type(screen.getByRole('combobox', { name: 'Field 2' }), 'phone');
  const problem = await screen.findByRole('button', { name: /phone has no value/ });
  expect(lastInput(fake, 'message.preview')).toMatchObject({
    userId: 'user1',
    shape: 'enter',
    audiences: ['at_risk_to_churn'],
    draft: { attributes: [{ field: 'email' }, { field: 'phone' }] },
  });
  await user.click(problem);
  expect(document.activeElement).toBe(screen.getByRole('group', { name: 'Event/User Attributes' }));
});

test('the shape menu asks for two events, and for every audience at once', async () => {
  const fake = openWindow({
    workflow: { list: async () => ({ rows: [workflowOf({ audiences: ['a', 'b'] })] }) },
  });
  const { user } = fake;
  await user.selectOptions(await screen.findByLabelText('Shape'), 'Exit then enter');
  await waitFor(() =>
    expect(lastInput(fake, 'message.preview')).toMatchObject({ shape: 'exit-enter', audiences: ['a'] }),
  );
  await user.selectOptions(screen.getByLabelText('Shape'), 'Several audiences');
  await waitFor(() =>
    expect(lastInput(fake, 'message.preview')).toMatchObject({ shape: 'enter', audiences: [] }),
  );
});

test('an unknown user is told with its code', async () => {
  openWindow({
    message: {
      preview: async () => {
        throw new Refusal('PROFILE_NOT_FOUND', 'No profile has the key user1.');
      },
    },
  });
  expect(await screen.findByText('PROFILE_NOT_FOUND')).toBeTruthy();
  expect(screen.getByText('No profile has the key user1.')).toBeTruthy();
});

test('a message over the limit is not called valid', async () => {
  const problem = {
    severity: 'error' as const,
    code: 'TOO_LARGE',
    message: 'Too large',
    field: null,
    path: null,
  };
  openWindow({ message: { preview: async () => previewOf({ bytes: 1_048_577, problems: [problem] }) } });
  expect(await screen.findByText('1,048,577 bytes of 1,048,576 · 1 error')).toBeTruthy();
});

test('a test send shows message id, MD5, time and queue', async () => {
  const fake = openWindow();
  await nameField();
  await screen.findByText(/· valid/);
  await fake.user.keyboard('{Control>}{Enter}{/Control}');
  const card = await screen.findByRole('region', { name: 'Test result' });
  expect(card.textContent).toContain('5f9c2f1e-8f3a-4f0b-9f37-1f4f6d2a2f11');
  expect(card.textContent).toContain('9b2cf535f27731c974343645a3985328');
  expect(card.textContent).toContain('Sent in 12 ms');
  expect(lastInput(fake, 'message.send')).not.toHaveProperty('confirm');
});

test('a workflow that was never saved is saved by its test, whose result stays', async () => {
  const fake = openWindow({ workflow: {} });
  const { user } = fake;
  await user.click(await screen.findByRole('button', { name: 'New workflow' }));
  const name = await nameField();
  await user.clear(name);
  await user.type(name, 'Fresh');
  await user.click(screen.getByRole('button', { name: 'Send test' }));
  expect(await screen.findByRole('region', { name: 'Test result' })).toBeTruthy();
  expect(lastInput(fake, 'workflow.save')).toMatchObject({ workflow: { name: 'Fresh' } });
  expect(lastInput(fake, 'message.send')).toMatchObject({ workflow: 'Fresh' });
});

test("production asks for the workflow's name, and nothing is sent without it", async () => {
  const fake = openWindow({
    workflow: { list: async () => ({ rows: [workflowOf({ environment: 'production' })] }) },
  });
  const { user, calls } = fake;
  await nameField();
  await user.click(screen.getByRole('button', { name: 'Send test' }));
  let dialog = await screen.findByRole('dialog', { name: 'Send to production' });
  await user.click(within(dialog).getByRole('button', { name: 'Do not send' }));
  expect(await screen.findByText('Nothing was sent.')).toBeTruthy();
  expect(calls.some(({ name }) => name === 'message.send')).toBe(false);

  await user.click(screen.getByRole('button', { name: 'Send test' }));
  dialog = await screen.findByRole('dialog', { name: 'Send to production' });
  const confirm = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Send to production' });
  const field = within(dialog).getByLabelText('Name of the workflow');
  await user.type(field, 'At risk');
  expect(confirm.disabled).toBe(true);
  await user.type(field, ' to SQS');
  await user.click(confirm);
  await screen.findByRole('region', { name: 'Test result' });
  expect(lastInput(fake, 'message.send')).toMatchObject({ confirm: 'At risk to SQS' });
});

test('removing a workflow can be undone', async () => {
  const fake = openWindow();
  const { user } = fake;
  await nameField();
  await user.click(screen.getByRole('button', { name: 'More' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Remove workflow' }));
  expect(await screen.findByRole('heading', { name: 'No workflow yet' })).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Load the sample workspace' })).toBeNull();
  await user.click(await screen.findByRole('button', { name: 'Undo' }));
  await waitFor(() =>
    expect(lastInput(fake, 'workflow.save')).toMatchObject({ workflow: { name: 'At risk to SQS' } }),
  );
  fake.emit('storeChanged', { tables: ['workflow'] });
  expect((await nameField()).value).toBe('At risk to SQS');
});

test('an empty workspace offers the sample, and every empty view does', async () => {
  const nothing = { keyField: 'user_id', schemaVersion: 6, profiles: 0, audiences: 0, changes: 0 };
  const { user } = openWindow({
    workspace: { info: async () => ({ ...nothing, dir: '/home/ops/Segue', workflows: 0, sizeBytes: 0 }) },
    workflow: { list: async () => ({ rows: [] }) },
    run: { list: async () => ({ rows: [], next: null }) },
  });
  await screen.findByRole('button', { name: 'Load the sample workspace' });
  await user.click(screen.getByRole('link', { name: 'Runs' }));
  await screen.findByRole('heading', { name: 'No run yet' });
  expect(screen.getByRole('button', { name: 'Load the sample workspace' })).toBeTruthy();
});

test('the header follows the draft, in words', async () => {
  const { user } = openWindow();
  await user.selectOptions(await screen.findByLabelText('Environment'), 'staging');
  const url = screen.getByLabelText('SQS URL');
  await user.clear(url);
  await user.type(url, 'https://sqs.eu-west-1.amazonaws.com/111111111111/orders');
  const destination = screen.getByRole('status', { name: 'Destination' });
  await waitFor(() => expect(destination.textContent).toBe('111111111111·eu-west-1·orders·staging'));
  await user.click(screen.getByRole('button', { name: 'Use eu-west-1' }));
  expect(screen.getByLabelText<HTMLInputElement>('Region').value).toBe('eu-west-1');
});
