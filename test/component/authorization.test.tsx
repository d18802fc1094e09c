import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Refusal } from './fake-bridge.ts';
import { openWindow } from './page.tsx';

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

async function openForm(verbs: Parameters<typeof openWindow>[0] = {}) {
  const fake = openWindow(verbs);
  await fake.user.click(screen.getByRole('link', { name: 'Authorizations' }));
  await screen.findByRole('table', { name: 'Authorizations' });
  await fake.user.click(screen.getByRole('button', { name: 'Add authorization' }));
  await screen.findByRole('dialog', { name: 'Add authorization' });
  return fake;
}

test('the secret goes in and is never in the page again', async () => {
  const { user, calls } = await openForm();
  await user.type(screen.getByLabelText('Name'), 'ops2');
  await user.type(screen.getByLabelText('Access key id'), 'AKIAIOSFODNN7EXAMPLE');
  const secret = screen.getByLabelText<HTMLInputElement>('Secret access key');
  expect(secret.type).toBe('password');
  await user.type(secret, SECRET);
  await user.click(screen.getByRole('button', { name: 'Add' }));
  await waitFor(() => expect(screen.queryByRole('dialog', { name: 'Add authorization' })).toBeNull());
  expect(calls.find(({ name }) => name === 'authorization.add')?.input).toMatchObject({
    name: 'ops2',
    secretAccessKey: SECRET,
    sessionOnly: false,
  });
  await user.click(screen.getByRole('button', { name: 'Add authorization' }));
  await screen.findByRole('dialog', { name: 'Add authorization' });
  expect(screen.getByLabelText<HTMLInputElement>('Secret access key').value).toBe('');
  expect(document.documentElement.outerHTML).not.toContain(SECRET);
});

test('a form without a secret is not sent', async () => {
  const { user, calls } = await openForm();
  await user.type(screen.getByLabelText('Name'), 'ops2');
  await user.type(screen.getByLabelText('Access key id'), 'no spaces allowed');
  await user.click(screen.getByRole('button', { name: 'Add' }));
  await waitFor(() =>
    expect(screen.getByLabelText('Secret access key').getAttribute('aria-invalid')).toBe('true'),
  );
  expect(screen.getByText('Expected 8 to 128 letters, digits or underscores')).toBeTruthy();
  expect(calls.some(({ name }) => name === 'authorization.add')).toBe(false);
});

test('a refusal shows its code and message but not the secret', async () => {
  const { user } = await openForm({
    authorization: {
      add: async () => {
        throw new Refusal('CONFLICT', 'An authorization of this name exists.');
      },
    },
  });
  await user.type(screen.getByLabelText('Name'), 'ops');
  await user.type(screen.getByLabelText('Access key id'), 'AKIAIOSFODNN7EXAMPLE');
  await user.type(screen.getByLabelText('Secret access key'), SECRET);
  await user.click(screen.getByRole('button', { name: 'Add' }));
  expect((await screen.findAllByText('An authorization of this name exists.')).length).toBeGreaterThan(0);
  expect(screen.getAllByText('CONFLICT').length).toBeGreaterThan(0);
  expect(document.body.textContent).not.toContain(SECRET);
});

test('without a keychain the view says so and new keys are for the session only', async () => {
  const { user, calls } = openWindow({
    authorization: {
      list: async () => ({ rows: [], keychain: { available: false, reason: 'No Secret Service answers.' } }),
    },
  });
  await user.click(screen.getByRole('link', { name: 'Authorizations' }));
  expect(await screen.findByText('Keychain unavailable')).toBeTruthy();
  expect(screen.getByText('No Secret Service answers.')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Add authorization' }));
  await user.type(await screen.findByLabelText('Name'), 'ops');
  await user.type(screen.getByLabelText('Access key id'), 'AKIAIOSFODNN7EXAMPLE');
  await user.type(screen.getByLabelText('Secret access key'), SECRET);
  expect(screen.getByRole<HTMLInputElement>('checkbox', { name: 'Keep for this session only' }).checked).toBe(
    true,
  );
  await user.click(screen.getByRole('button', { name: 'Add' }));
  await waitFor(() =>
    expect(calls.find(({ name }) => name === 'authorization.add')?.input).toMatchObject({
      sessionOnly: true,
    }),
  );
});
