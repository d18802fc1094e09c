import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BatchKind,
  beginBatch,
  failBatch,
  finishBatch,
  hiddenChanges,
  lastUndoable,
  recoverBatches,
  undoBatch,
} from '../../../main/engine/batch/batch.ts';
import { createBatchHandlers } from '../../../main/engine/batch/handlers.ts';
import type { CallContext, EngineContext } from '../../../main/engine/context.ts';
import { instantOfMs } from '../../../main/engine/core/instant.ts';
import {
  applyMembershipChanges,
  memberCounts,
  membershipsOf,
  setUserMemberships,
} from '../../../main/engine/membership/membership.ts';
import { type Db, inTransaction, openStore, type Store } from '../../../main/engine/store/store.ts';

let store: Store;
let db: Db;
beforeEach(() => {
  store = openStore(mkdtempSync(join(tmpdir(), 'segue-batch-')));
  db = store.db;
});
afterEach(() => {
  store.close();
  rmSync(store.dir, { recursive: true, force: true });
});

const begin = (kind: BatchKind = 'events') => beginBatch(db, { kind, source: 'in.ndjson', startedMs: 1000 });
const finish = (batch: number) =>
  finishBatch(db, batch, { endedMs: 2000, result: { entered: 1, exited: 0, rejected: 2 } });
const change = (batch: number, userId: string, audienceId: number, event: 'enter' | 'exit', ms: number) =>
  inTransaction(db, () =>
    applyMembershipChanges(db, [{ userId, audienceId, event, at: instantOfMs(ms) }], {
      batch,
      cause: 'event',
    }),
  );
const stateOf = (batch: number) =>
  db.prepare<[number], string>('SELECT state FROM batch WHERE id = ?').pluck().get(batch);
const changes = () => db.prepare('SELECT count(*) FROM change').pluck().get();

describe('a batch', () => {
  it('keeps a second import out while it runs, but neither rules nor the clock', () => {
    const first = begin('profiles');
    expect(() => begin('snapshot')).toThrowError(
      expect.objectContaining({ code: 'CONFLICT', detail: { batch: first, kind: 'profiles' } }),
    );
    expect(begin('clock')).toBeGreaterThan(first);
    finish(first);
    expect(begin('snapshot')).toBeGreaterThan(first);
  });

  it('that fails takes everything back', async () => {
    const kept = begin();
    change(kept, 'ann', 1, 'enter', 10);
    finish(kept);
    const batch = begin();
    change(batch, 'ann', 1, 'exit', 20);
    change(batch, 'ann', 2, 'enter', 20);
    change(batch, 'ann', 1, 'enter', 30);
    await failBatch(db, batch, { endedMs: 3000, state: 'cancelled' });
    expect(stateOf(batch)).toBe('cancelled');
    expect(membershipsOf(db, 'ann')).toEqual([{ audienceId: 1, enteredAt: instantOfMs(10) }]);
    expect(memberCounts(db)).toEqual(
      new Map([
        [1, 1],
        [2, 0],
      ]),
    );
    expect(changes()).toBe(1);
    expect(lastUndoable(db)).toBe(kept);
  });

  it('that has taken effect is not taken back for what fails after it', async () => {
    const batch = begin();
    change(batch, 'ann', 1, 'enter', 10);
    finish(batch);
    await failBatch(db, batch, { endedMs: 1, state: 'failed' });
    expect(membershipsOf(db, 'ann')).toEqual([{ audienceId: 1, enteredAt: instantOfMs(10) }]);
    expect(lastUndoable(db)).toBe(batch);
  });

  it('that was cut off is taken back at the next opening, with its spill files', () => {
    const batch = begin();
    change(batch, 'ann', 1, 'enter', 10);
    mkdirSync(join(store.dir, 'spill'));
    writeFileSync(join(store.dir, 'spill', 'left.rows'), 'x');
    db.prepare('INSERT INTO membership_segment (body) VALUES (?)').run(Buffer.alloc(16));
    recoverBatches(db);
    expect(stateOf(batch)).toBe('failed');
    expect(membershipsOf(db, 'ann')).toEqual([]);
    expect(changes()).toBe(0);
    expect(readdirSync(store.dir)).not.toContain('spill');
    expect(db.prepare('SELECT count(*) FROM membership_segment').pluck().get()).toBe(0);
  });

  it('whose undoing was cut off is undone at the next opening, and hidden until then', () => {
    const batch = begin('snapshot');
    change(batch, 'ann', 1, 'enter', 10);
    db.prepare('INSERT INTO batch_range VALUES (?, 1, 1)').run(batch);
    finish(batch);
    expect(hiddenChanges(db)).toEqual([]);
    db.prepare(`UPDATE batch SET state = 'running' WHERE id = ?`).run(batch);
    expect(hiddenChanges(db)).toEqual([{ first: 1, last: 1, at: null }]);
    recoverBatches(db);
    expect(stateOf(batch)).toBe('undone');
    expect(hiddenChanges(db)).toEqual([]);
    expect(changes()).toBe(0);
  });
});

describe('undoing', () => {
  it('takes the last import back, and only that', async () => {
    const first = begin();
    change(first, 'ann', 1, 'enter', 10);
    finish(first);
    const second = begin();
    inTransaction(db, () =>
      setUserMemberships(
        db,
        { userId: 'ann', audienceIds: [2], at: instantOfMs(20) },
        { batch: second, cause: 'profile' },
      ),
    );
    finish(second);
    await expect(undoBatch(db, first)).rejects.toMatchObject({
      code: 'CONFLICT',
      detail: { batch: first, last: second },
    });
    await undoBatch(db, second);
    expect(stateOf(second)).toBe('undone');
    expect(membershipsOf(db, 'ann')).toEqual([{ audienceId: 1, enteredAt: instantOfMs(10) }]);
    await expect(undoBatch(db, second)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(undoBatch(db, first)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(undoBatch(db, 99)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is refused once the clock has changed what the import changed, and allowed when it changed something else', async () => {
    const batch = begin();
    change(batch, 'ann', 1, 'enter', 10);
    finish(batch);
    const other = begin('clock');
    change(other, 'ann', 2, 'enter', 20);
    change(other, 'bob', 1, 'enter', 20);
    finish(other);
    const same = begin('clock');
    change(same, 'ann', 1, 'exit', 30);
    await expect(undoBatch(db, batch)).rejects.toMatchObject({ code: 'CONFLICT' });
    await failBatch(db, same, { endedMs: 1, state: 'failed' });
    await undoBatch(db, batch);
    expect(membershipsOf(db, 'ann')).toEqual([{ audienceId: 2, enteredAt: instantOfMs(20) }]);
  });

  it('removes audiences that the import created, unless something else uses them', async () => {
    const batch = begin();
    const add = db.prepare('INSERT INTO audience (id, hex_id, slug, name, batch_id) VALUES (?, ?, ?, ?, ?)');
    add.run(1, 'a', 'mine', 'Mine', batch);
    add.run(2, 'b', 'shared', 'Shared', batch);
    change(batch, 'ann', 1, 'enter', 10);
    finish(batch);
    const clock = begin('clock');
    change(clock, 'bob', 2, 'enter', 20);
    finish(clock);
    await undoBatch(db, batch);
    expect(db.prepare('SELECT slug FROM audience').pluck().all()).toEqual(['shared']);
  });
});

it('lists batches newest first, with the one that can be undone', async () => {
  const first = begin();
  finish(first);
  const second = begin('snapshot');
  finish(second);
  const tables: string[][] = [];
  const engine: EngineContext = {
    store,
    clock: () => 0,
    newId: () => '',
    assetsDir: '',
    emit: (_name, payload) => {
      if ('tables' in payload) tables.push(payload.tables);
    },
    sandbox: () => Promise.reject(new Error('not used here')),
  };
  const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
  const handlers = createBatchHandlers(engine);
  expect(await handlers.list({ limit: 1 }, context)).toEqual({
    rows: [
      {
        batch: second,
        kind: 'snapshot',
        source: 'in.ndjson',
        at: null,
        state: 'done',
        startedAt: '1970-01-01T00:00:01Z',
        entered: 1,
        exited: 0,
        rejected: 2,
        undoable: true,
      },
    ],
  });
  expect(await handlers.undo({ batch: second }, context)).toEqual({ batch: second });
  expect(tables).toEqual([expect.arrayContaining(['history', 'batch'])]);
  const { rows } = await handlers.list({ limit: 10 }, context);
  expect(rows.map(({ undoable }) => undoable)).toEqual([false, false]);
});
