import Database from 'better-sqlite3';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type RunRequest, runRequest } from '../../../preload/contract/run.ts';
import { call, parkedRun, type Workspace } from './workspace.ts';

/**
 * A run with parked messages, and what SQLite does for each statement on messages that is prepared from now on, over any
 * connection.
 */
async function watchedRun() {
  const prepare = vi.spyOn(Database.prototype, 'prepare');
  onTestFinished(() => prepare.mockRestore());
  const { workspace, id } = await parkedRun();
  const { store } = workspace;
  prepare.mockClear();
  const plansSince = () => {
    const statements = new Set(prepare.mock.calls.map(([sql]) => sql));
    const plans = new Map<string, string[]>();
    for (const sql of statements) {
      if (!sql.includes('run_message') || sql.startsWith('EXPLAIN')) continue;
      const values = sql.includes('@')
        ? [Object.fromEntries([...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, 1]))]
        : Array.from({ length: sql.split('?').length - 1 }, () => 1);
      const steps = store.db
        .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...values);
      plans.set(
        sql,
        steps.map(({ detail }) => detail),
      );
    }
    return plans;
  };
  return { workspace, id, plansSince };
}

/** Steps that walk through all messages of a run, or of every run. */
const walks = (plans: Map<string, string[]>) =>
  [...plans].filter(([, steps]) =>
    steps.some((step) => /^SCAN run_message|^SEARCH run_message USING PRIMARY KEY \(run_id=\?\)$/.test(step)),
  );

const uses = (plans: Map<string, string[]>, index: string) =>
  [...plans.values()].some((steps) => steps.some((step) => step.includes(` ${index} `)));

it.each<[name: string, index: string, work: (workspace: Workspace, id: string) => unknown]>([
  ['its errors', 'run_message_error', ({ run }, id) => run.show({ id }, call())],
  ['its possible duplicates', 'run_message_doubt', ({ run }, id) => run.show({ id }, call())],
  ['a page of its parked messages', 'run_message_problem', (workspace, id) => page(workspace, id, 'parked')],
  ['a page of its failed messages', 'run_message_problem', (workspace, id) => page(workspace, id, 'failed')],
  ['a retry', 'run_message_problem', retry],
  ['a replay of what failed in it', 'run_message_problem', replayFailed],
])('a run of millions finds %s by the index %s', async (_name, index, work) => {
  const { workspace, id, plansSince } = await watchedRun();
  await work(workspace, id);
  const plans = plansSince();
  expect(walks(plans)).toEqual([]);
  expect(uses(plans, index)).toBe(true);
});

it('asks for pending messages from the first that can be pending', async () => {
  const { workspace, id, plansSince } = await watchedRun();
  expect(await page(workspace, id, 'pending')).toMatchObject({ rows: [] });
  expect([...plansSince().values()]).toContainEqual([
    'SEARCH run_message USING PRIMARY KEY (run_id=? AND n>?)',
  ]);
});

function page({ run }: Workspace, id: string, state: 'parked' | 'failed' | 'pending') {
  return run.messages({ id, state, limit: 10, cursor: null }, call());
}

async function retry({ run, wait }: Workspace, id: string) {
  await run.retry({ id }, call());
  await wait(id);
}

async function replayFailed(workspace: Workspace, id: string) {
  const request: RunRequest = runRequest.parse({
    workflow: 'Triggers',
    kind: 'replay',
    selection: { failedIn: id },
  });
  const { id: again } = await workspace.run.start(request, call());
  await workspace.wait(again);
}
