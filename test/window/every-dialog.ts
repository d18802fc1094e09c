import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningSegue } from './launch.ts';
import { button, goTo, runState, startReplay } from './steps.ts';

const SAMPLE_WORKFLOW = 'At risk to sandbox';

/** A workflow to a queue outside, which a bundle can be made for; nothing is ever sent to it. */
export const OUTSIDE = 'To a queue outside';

/** A membership snapshot of which two lines cannot be read. */
export const BAD_SNAPSHOT = 'bad.csv';

/**
 * Gives the sample in an open window what its dialogs need to be opened on: a run whose message was parked, profile
 * versions past their time, a workflow that a bundle can be made for, a file with bad lines. The system's dialog for saving
 * answers at once, with a file in the window's home.
 */
export async function prepareEveryDialog({ app, page, home }: RunningSegue): Promise<void> {
  await app.evaluate(({ dialog }, folder) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: `${folder}/saved.bundle` });
  }, home);
  writeFileSync(join(home, BAD_SNAPSHOT), 'user_id,segment\na1,high_value\nno segment\n,high_value\n');
  // The last but one is what undoing the last import would put back, so that only the first is past its time.
  const versions = [1, 2, 3].map((visits) => {
    const file = join(home, `visits-${visits}.ndjson`);
    writeFileSync(file, `{"user_id":"a-visitor","visits":${visits}}\n`);
    return { path: file, at: `2026-01-0${visits}T00:00:00Z` };
  });
  await page.evaluate(
    async ({ imports, name, sample }) => {
      for (const input of imports) await window.segue.profile.import(input);
      await window.segue.retention.set({ days: 1 });
      const listed = await window.segue.workflow.list({});
      const workflow = listed.ok ? listed.value.rows.find((row) => row.name === sample) : undefined;
      if (workflow === undefined) throw new Error(`The sample has no workflow ${sample}.`);
      const { subscriptionId: _own, ...rest } = workflow;
      const queueUrl = 'https://sqs.us-east-1.amazonaws.com/111111111111/triggers';
      await window.segue.workflow.save({ workflow: { ...rest, name, queueUrl, authorization: 'ops' } });
      await window.segue.sandbox.setFaults({ spec: 'partial-sender=1' });
    },
    { imports: versions, name: OUTSIDE, sample: SAMPLE_WORKFLOW },
  );
  const parked = await page.evaluate(async () => {
    const users = await window.segue.profile.list({ audience: 'cart_abandoned_24h', limit: 1 });
    return users.ok ? users.value.rows[0]?.userId : undefined;
  });
  await goTo(page, 'Workflows');
  await page.getByRole('complementary', { name: 'Workflow list' }).getByText(SAMPLE_WORKFLOW).click();
  await startReplay(page, 1000, { user: parked ?? '' });
  await runState(page, 'completed with errors').waitFor();
  await page.evaluate(() => window.segue.sandbox.setFaults({ spec: null }));
  await goTo(page, 'Workflows');
  await button(page, 'Replay…').waitFor();
}
