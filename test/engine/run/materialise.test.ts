import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { undoBatch } from '../../../main/engine/batch/batch.ts';
import { instantOfMs } from '../../../main/engine/core/instant.ts';
import { criteriaOf } from '../../../main/engine/run/criteria.ts';
import { materialise } from '../../../main/engine/run/materialise.ts';
import { openReader } from '../../../main/engine/run/reader.ts';
import { insertRun } from '../../../main/engine/run/run-store.ts';
import { selectMessages, selectsInWindows } from '../../../main/engine/run/selection.ts';
import { runRequest, runSelection } from '../../../preload/contract/run.ts';
import { workflow as workflowSchema } from '../../../preload/contract/workflow.ts';
import { DAY_MS, runSnapshot } from '../snapshot/workspace.ts';
import { AUDIENCES, DAY, fill, openWorkspace, type Workspace } from './workspace.ts';

const WORKFLOW = workflowSchema.parse({
  name: 'W',
  subscriptionId: '7e2b8804bbe162cd3f9c0c5991bf3078',
  queueUrl: 'sandbox:q',
  audiences: [...AUDIENCES],
});

/** Writes the messages of a replay of everything; `count` says how many there are so far. */
function select({ store }: Workspace) {
  const { selection, options } = runRequest.parse({ workflow: 'W', kind: 'replay' });
  const { id } = insertRun(store.db, {
    key: `run${Math.random()}`,
    kind: 'replay',
    workflow: WORKFLOW,
    selection,
    options,
    nowMs: DAY,
  });
  const criteria = criteriaOf(store.db, WORKFLOW, runSelection.parse({}), null);
  return {
    planned: materialise(store, id, 'replay', criteria, instantOfMs(DAY), {
      max: null,
      signal: new AbortController().signal,
    }),
    count: () => store.db.prepare('SELECT count(*) FROM run_message WHERE run_id = ?').pluck().get(id),
  };
}

/** A snapshot of day `at`, of that many users in both audiences. */
async function importSnapshot({ dir, store }: Workspace, at: number, users: number, name: string) {
  const rows = Array.from({ length: users }, (_, n) => AUDIENCES.map((slug) => `${name}${n},${slug}\n`));
  const path = join(dir, `${name}.csv`);
  writeFileSync(path, `user_id,segment\n${rows.flat().join('')}`);
  return await runSnapshot(store.db, path, at, { partial: true });
}

/** Lets a selection go on to its first write. */
async function underWay(count: () => unknown): Promise<void> {
  while (count() === 0) await setImmediate();
}

it('keeps the write-ahead log small, however much is written', { timeout: 60_000 }, async () => {
  const workspace = await openWorkspace();
  // A log that never begins anew would hold each of these keys.
  const keyBytes = 1000;
  const users = Array.from({ length: 50_000 }, (_, n) => `${n}`.padEnd(keyBytes, 'x'));
  fill(
    workspace,
    users.map((userId, n) => ({ userId, atMs: DAY + n })),
  );
  workspace.store.db.pragma('wal_checkpoint(TRUNCATE)');
  const { planned } = select(workspace);
  expect(await planned).toBe(users.length);
  // Carried over at 32 MB, once the page of messages is written in which it became so large.
  expect(statSync(`${workspace.store.file}-wal`).size).toBeLessThan(40e6);
  expect(users.length * keyBytes).toBeGreaterThanOrEqual(50e6);
});

it('takes what there was when it began, and nothing that comes or takes effect between two windows', async () => {
  const workspace = await openWorkspace();
  const { db } = workspace.store;
  fill(workspace, []);
  await importSnapshot(workspace, 1, 6000, 'first');
  fill(
    workspace,
    Array.from({ length: 6000 }, (_, n) => ({ userId: `row${n}`, atMs: 3 * DAY_MS + n })),
  );
  // An import that is running: its changes are there and hidden, in packs and, with times of their own, as rows.
  const { batch } = await importSnapshot(workspace, 4, 1000, 'hidden');
  fill(
    workspace,
    Array.from({ length: 100 }, (_, n) => ({ userId: `hidden${n}`, atMs: 4 * DAY_MS + 1 })),
  );
  db.prepare(`UPDATE batch_range SET last_seq = (SELECT max(seq) FROM change) WHERE batch_id = ?`).run(batch);
  const setState = db.prepare('UPDATE batch SET state = ? WHERE id = ?');
  setState.run('running', batch);
  const reader = openReader(workspace.store);
  const criteria = criteriaOf(reader, WORKFLOW, runSelection.parse({}), null);
  expect(selectsInWindows(criteria)).toBe(true);
  const users: string[] = [];
  for (const message of selectMessages(reader, criteria)) {
    if (message === undefined) continue;
    users.push(message.userId);
    if (users.length > 1) continue;
    reader.exec('COMMIT');
    setState.run('done', batch);
    // Behind the place where the selection is, as rows and packed.
    fill(workspace, [{ userId: 'alone', atMs: 6 * DAY_MS }]);
    await importSnapshot(workspace, 5, 1000, 'later');
    reader.exec('BEGIN');
  }
  reader.close();
  expect(users.length).toBe(12_000);
  expect(users.filter((user) => !/^(?:first|row)\d+$/.test(user))).toEqual([]);
});

it('refuses to plan a part of an import that is undone meanwhile', async () => {
  const workspace = await openWorkspace();
  fill(workspace, []);
  const { batch } = await importSnapshot(workspace, 1, 20_000, 'gone');
  const { planned, count } = select(workspace);
  const refused = expect(planned).rejects.toMatchObject({ code: 'CONFLICT', detail: { batch } });
  await underWay(count);
  await undoBatch(workspace.store.db, Number(batch));
  await refused;
});
