import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallContext, EngineContext } from '../../../main/engine/context.ts';
import { createSnapshotHandlers } from '../../../main/engine/snapshot/handlers.ts';
import { dayText, historyLines, openTestWorkspace, type TestWorkspace } from './workspace.ts';

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = openTestWorkspace();
});
afterEach(() => workspace.remove());

function engine(): EngineContext {
  return {
    store: workspace.store,
    clock: () => 1000,
    newId: () => 'f'.repeat(32),
    assetsDir: workspace.dir,
    emit: () => undefined,
    sandbox: () => Promise.reject(new Error('not used here')),
  };
}

function call(signal = new AbortController().signal): CallContext & { last: Map<string, string> } {
  const last = new Map<string, string>();
  return {
    signal,
    last,
    progress: ({ phase, done, total, unit }) => last.set(phase, `${done} of ${total} ${unit}`),
  };
}

const input = (path: string) => ({ path, at: dayText(10), partial: false, dryRun: false, strict: false });

it('a snapshot whose thread dies is taken back, and another one can begin', async () => {
  const { store } = workspace;
  const handlers = createSnapshotHandlers(engine(), true);
  const rows = Array.from({ length: 200_000 }, (_, n) => `user-${n},vip\n`);
  const path = workspace.file('a.csv', `user_id,segment\n${rows.join('')}`);
  process.once('worker', (worker) =>
    worker.on('message', ({ progress }: { progress?: { phase: string } }) => {
      if (progress?.phase === 'recording') void worker.terminate();
    }),
  );
  await expect(handlers.import(input(path), call())).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(store.db.prepare('SELECT state FROM batch').pluck().all()).toEqual(['failed']);
  expect(historyLines(store.db)).toEqual([]);
  const again = workspace.file('b.csv', 'user_id,segment\nann,vip\n');
  expect(await handlers.import(input(again), call())).toMatchObject({ changes: { entered: 1 } });
});

describe.each([true, false])('snapshot.import in a thread of its own: %s', (inThread) => {
  it('answers, reports progress and leaves the engine’s connection in step', async () => {
    const handlers = createSnapshotHandlers(engine(), inThread);
    const context = call();
    const path = workspace.file('a.csv', 'user_id,segment\nann,vip\n');
    const result = await handlers.import(input(path), context);
    expect(result).toMatchObject({ batch: 1, changes: { entered: 1, exited: 0, changed: 0 } });
    expect(Object.fromEntries(context.last)).toEqual({
      reading: '24 of 24 bytes',
      comparing: '1 of 1 rows',
      recording: '1 of 1 rows',
    });
    expect(historyLines(workspace.store.db)).toEqual(['ann vip enter at=10 enter=10 exit=-']);
  });

  it('rejects with the coded error', async () => {
    const handlers = createSnapshotHandlers(engine(), inThread);
    const path = workspace.file('a.csv', 'user_id,segment\n');
    await expect(handlers.import(input(path), call())).rejects.toMatchObject({ code: 'FILE_FORMAT' });
  });

  it('is cancelled by its signal', async () => {
    const handlers = createSnapshotHandlers(engine(), inThread);
    const path = workspace.file('a.csv', 'user_id,segment\nann,vip\n');
    await expect(handlers.import(input(path), call(AbortSignal.abort()))).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(historyLines(workspace.store.db)).toEqual([]);
  });
});
