import type { Locator, Page } from 'playwright-core';

/** The sections of the rail, in its order. */
export const SECTIONS = [
  'Workflows',
  'Profiles',
  'Audiences',
  'History',
  'Runs',
  'Sandbox',
  'Authorizations',
  'Settings',
] as const;

/** Opens a section by its link in the rail. */
export function goTo(page: Page, section: (typeof SECTIONS)[number]): Promise<void> {
  return page
    .getByRole('navigation', { name: 'Sections' })
    .getByRole('link', { name: section, exact: true })
    .click();
}

/** A button of the page by its whole name. */
export function button(page: Page, name: string | RegExp): Locator {
  return page.getByRole('button', { name, exact: true });
}

/** Plans and starts a replay of the open workflow, of one user where told; leaves the window on the run's page. */
export async function startReplay(
  page: Page,
  messagesPerSecond: number,
  { user = '' }: { user?: string } = {},
): Promise<void> {
  await button(page, 'Replay…').click();
  await page.getByLabel('Only this user').fill(user);
  await page.getByLabel('Messages per second').fill(String(messagesPerSecond));
  await button(page, 'Plan').click();
  await page.getByRole('region', { name: 'Plan' }).getByText('Messages by day').first().waitFor();
  await button(page, 'Continue').click();
  await button(page, 'Start replay').click();
  await page.getByRole('heading', { name: /^Replay of/ }).waitFor();
}

/** The badge with the run's state beside its heading. */
export function runState(page: Page, state: string): Locator {
  return page
    .getByRole('heading', { name: /^Replay of/ })
    .locator('..')
    .getByText(state, { exact: true });
}
