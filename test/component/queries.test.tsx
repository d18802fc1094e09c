import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { AuthorizationRow } from '../../preload/contract/authorization.ts';
import { openWindow } from './page.tsx';

const OPS: AuthorizationRow = {
  name: 'ops',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  description: '',
  createdAt: '2026-11-23T08:00:00Z',
  storage: 'session',
};

/** A window whose first list of authorizations stays on its way until it is let through, empty as it was when asked. */
function openWithSlowKeychain() {
  const rows: AuthorizationRow[] = [];
  const letThrough: (() => void)[] = [];
  const fake = openWindow({
    authorization: {
      list: async () => {
        const answer = { rows: [...rows], keychain: { available: true, reason: null } };
        if (letThrough.length === 0) await new Promise<void>((resolve) => letThrough.push(resolve));
        return answer;
      },
    },
  });
  const asked = () => fake.calls.filter(({ name }) => name === 'authorization.list').length;
  return {
    user: fake.user,
    untilAsked: () => waitFor(() => expect(asked()).toBe(1)),
    addOps() {
      rows.push(OPS);
      fake.emit('storeChanged', { tables: ['authorization'] });
    },
    letThrough: () => letThrough[0]?.(),
  };
}

test('shows a change that came while the first answer was on its way', async () => {
  const window = openWithSlowKeychain();
  await window.user.click(screen.getByRole('link', { name: 'Authorizations' }));
  await window.untilAsked();
  window.addOps();
  window.letThrough();
  await screen.findByRole('table', { name: 'Authorizations' });
});

test('shows a change that came while an answer was on its way to a view that had been left', async () => {
  const window = openWithSlowKeychain();
  await window.user.click(screen.getByRole('link', { name: 'Authorizations' }));
  await window.untilAsked();
  await window.user.click(screen.getByRole('link', { name: 'Settings' }));
  window.addOps();
  window.letThrough();
  await window.user.click(screen.getByRole('link', { name: 'Authorizations' }));
  await screen.findByRole('table', { name: 'Authorizations' });
});
