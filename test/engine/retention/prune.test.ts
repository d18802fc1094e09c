import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginBatch, finishBatch, undoBatch } from '../../../main/engine/batch/batch.ts';
import { openEngine } from '../../../main/engine/engine.ts';
import { openProfilesById } from '../../../main/engine/profile/all.ts';
import { openHashPages } from '../../../main/engine/profile/hash-pages.ts';
import { readProfiles, textAsOf } from '../../../main/engine/profile/read.ts';
import { createProfileWriter } from '../../../main/engine/profile/writer.ts';
import { prune } from '../../../main/engine/retention/prune.ts';
import { writeRetentionDays } from '../../../main/engine/retention/setting.ts';
import { retentionState } from '../../../main/engine/retention/state.ts';
import { inTransaction } from '../../../main/engine/store/store.ts';
import type { JobProgress } from '../../../preload/contract/events.ts';
import { runRequest } from '../../../preload/contract/run.ts';
import { openWorkspace } from '../import-workspace.ts';
import {
  addWorkflow,
  fill,
  openWorkspace as openRunWorkspace,
  DAY as RUN_DAY,
  receiveAll,
  call as runCall,
} from '../run/workspace.ts';

const START_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;
const day = (n: number) => ({ ms: START_MS + n * DAY_MS, code: 0 });
const quiet = { signal: new AbortController().signal, progress: () => undefined };
type Db = ReturnType<typeof openWorkspace>['db'];

/** Writes one value for each user at each of the days, a batch a day. */
function writeVersions(db: Db, { users, days, pad = '' }: { users: number; days: number; pad?: string }) {
  for (let at = 0; at < days; at += 1) {
    const batch = beginBatch(db, { kind: 'profiles', source: 'test', startedMs: 0 });
    const writer = createProfileWriter(db, {
      batch,
      replace: false,
      keyField: '',
      hashes: openHashPages(db),
    });
    inTransaction(db, () => {
      for (let user = 0; user < users; user += 1) {
        const text = `{"user_id":"u${user}","day":${at},"pad":"${pad}"}`;
        writer.put({ userId: `u${user}`, text }, { at: day(at), createdFrom: day(at) });
      }
    });
    finishBatch(db, batch, { endedMs: 0, result: { entered: 0, exited: 0, rejected: 0 } });
  }
}

describe('pruning', () => {
  it('leaves every as-of answer inside the window and the undoing of the last import as they were', async () => {
    const write = fc.record({
      user: fc.integer({ min: 0, max: 2 }),
      field: fc.constantFrom('a', 'b'),
      value: fc.integer({ min: 0, max: 2 }),
      /** Days since the write before, so that one batch can write several versions of a profile. */
      step: fc.integer({ min: 0, max: 2 }),
    });
    const batches = fc.array(
      fc.record({
        writes: fc.array(write, { minLength: 1, maxLength: 5 }),
        keepDays: fc.option(fc.integer({ min: 1, max: 8 })),
      }),
      { minLength: 1, maxLength: 6 },
    );
    type Model = { from: number; text: string }[][];
    const answers = (db: Db, fromMs: number, untilDay: number) => {
      const found: unknown[] = [];
      for (let n = -1; n <= untilDay; n += 1) {
        for (const at of [day(n), { ms: day(n).ms - 1, code: 0 }]) {
          if (at.ms < fromMs) continue;
          const userIds = [0, 1, 2].map((user) => `u${user}`);
          const profileOf = readProfiles(db, userIds);
          found.push([
            at.ms,
            userIds.map((userId) => textAsOf(db, userId, at)?.text ?? null),
            userIds.map((userId) => profileOf(userId, at)?.text ?? null),
          ]);
        }
      }
      return found;
    };
    const expected = (model: Model, fromMs: number, untilDay: number) => {
      const found: unknown[] = [];
      for (let n = -1; n <= untilDay; n += 1) {
        for (const ms of [day(n).ms, day(n).ms - 1]) {
          if (ms < fromMs) continue;
          const exact = model.map((entries) => entries.filter(({ from }) => from <= ms).at(-1)?.text ?? null);
          // A replay takes the earliest text where a profile was not known yet.
          found.push([ms, exact, exact.map((text, user) => text ?? model[user]?.[0]?.text ?? null)]);
        }
      }
      return found;
    };
    let pruned = 0;
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        const { db, context, setClock } = openWorkspace();
        const users: Model = [[], [], []];
        let before: Model = structuredClone(users);
        let now = 0;
        let windowMs = Number.NEGATIVE_INFINITY;
        let last = 0;
        for (const { writes, keepDays } of all) {
          before = structuredClone(users);
          last = beginBatch(db, { kind: 'profiles', source: 'test', startedMs: 0 });
          const writer = createProfileWriter(db, {
            batch: last,
            replace: false,
            keyField: '',
            hashes: openHashPages(db),
          });
          for (const { user, field, value, step } of writes) {
            now += step;
            const entries = users[user] ?? [];
            const latest = entries.at(-1);
            const text = JSON.stringify({
              ...JSON.parse(latest?.text ?? `{"user_id":"u${user}"}`),
              [field]: value,
            });
            const at = day(now);
            const profile = {
              userId: `u${user}`,
              text: JSON.stringify({ user_id: `u${user}`, [field]: value }),
            };
            writer.put(profile, { at, createdFrom: at });
            if (text === latest?.text) continue;
            if (latest?.from === at.ms) latest.text = text;
            else entries.push({ from: at.ms, text });
          }
          finishBatch(db, last, { endedMs: 0, result: { entered: 0, exited: 0, rejected: 0 } });
          now += 1;
          if (keepDays === null) continue;
          setClock(day(now).ms);
          writeRetentionDays(db, keepDays);
          const promised = retentionState(db, day(now).ms).prunable;
          const { removed } = await prune(context, { dryRun: false }, quiet);
          pruned += removed;
          expect(removed).toBe(promised);
          const cutOffMs = day(now - keepDays).ms;
          windowMs = Math.max(windowMs, cutOffMs);
          const aged = 'SELECT count(*) FROM profile_version WHERE to_ms < ? AND replaced_by <> ?';
          expect(db.prepare(aged).pluck().get(cutOffMs, last)).toBe(0);
        }
        expect(answers(db, windowMs, now + 1)).toEqual(expected(users, windowMs, now + 1));
        await undoBatch(db, last);
        expect(answers(db, windowMs, now + 1)).toEqual(expected(before, windowMs, now + 1));
        db.close();
      }),
      { numRuns: 40 },
    );
    expect(pruned).toBeGreaterThan(20);
  });

  it('counts in a dry run what it would remove, and removes nothing', async () => {
    const { db, context, setClock } = openWorkspace();
    writeVersions(db, { users: 50, days: 4 });
    setClock(day(10).ms);
    writeRetentionDays(db, 8);
    const count = () => db.prepare('SELECT count(*) FROM profile_version').pluck().get();
    const would = await prune(context, { dryRun: true }, quiet);
    expect(would).toMatchObject({ removed: 50, keptFrom: '2026-01-03T00:00:00Z', heldByRun: null });
    expect(count()).toBe(150);
    const did = await prune(context, { dryRun: false }, quiet);
    expect(did).toMatchObject({ removed: 50, removedBytes: would.removedBytes });
    expect(count()).toBe(100);
    expect(would.removedBytes).toBe(
      [...Array(50).keys()].reduce((sum, user) => sum + `{"user_id":"u${user}","day":0,"pad":""}`.length, 0),
    );
  });

  it('takes the texts out of the packs that they stand in, and nothing else', async () => {
    const { db, context, setClock, importText } = openWorkspace();
    const file = (value: string) =>
      [...Array(40).keys()]
        .map((user) => JSON.stringify({ user_id: `u${user}`, value: value + 'x'.repeat(user) }))
        .join('\n');
    const at = (n: number) => new Date(day(n).ms).toISOString();
    await importText('a.ndjson', file('first'), { at: at(0) });
    const changed = file('second').split('\n').slice(10, 20).join('\n');
    await importText('b.ndjson', changed, { at: at(1) });
    await importText('c.ndjson', '{"user_id":"u0","value":"third"}', { at: at(9) });
    setClock(day(10).ms);
    writeRetentionDays(db, 5);
    const texts = () => db.prepare('SELECT user_id, body FROM profile ORDER BY id').all();
    const inPacks = () =>
      String(db.prepare('SELECT group_concat(CAST(bodies AS TEXT)) FROM profile_pack').pluck().get()).split(
        'first',
      ).length;
    const before = texts();
    const first = inPacks();
    expect(first).toBeGreaterThan(30);
    const removed = { removed: 10, removedBytes: changed.replaceAll('second', 'first').length - 9 };
    expect(await prune(context, { dryRun: true }, quiet)).toMatchObject(removed);
    expect(retentionState(db, day(10).ms).prunableBytes).toBe(removed.removedBytes);
    expect(inPacks()).toBe(first);
    expect(await prune(context, { dryRun: false }, quiet)).toMatchObject(removed);
    expect(inPacks()).toBe(first - 10);
    expect(texts()).toEqual(before);
    expect(textAsOf(db, 'u0', day(2))?.text).toBe('{"user_id":"u0","value":"first"}');
    expect(openProfilesById(db)(0, 100).map(({ text }) => text)).toEqual(
      before.map((row) => (row as { body: string }).body),
    );
  });

  it('reports progress, and when it is cancelled keeps what it removed and goes on the next time', async () => {
    const { db, context, setClock } = openWorkspace();
    writeVersions(db, { users: 3000, days: 3, pad: 'x'.repeat(200) });
    setClock(day(30).ms);
    writeRetentionDays(db, 1);
    const stop = new AbortController();
    const reports: Omit<JobProgress, 'jobId'>[] = [];
    const progress = (report: Omit<JobProgress, 'jobId'>) => {
      reports.push(report);
      stop.abort();
    };
    await expect(prune(context, { dryRun: false }, { signal: stop.signal, progress })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    // The last import's 3,000 are what undoing it needs.
    expect(reports[0]).toMatchObject({ phase: 'pruning', total: 3000, unit: 'rows' });
    const left = retentionState(db, day(30).ms).prunable;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(3000);
    expect(await prune(context, { dryRun: false }, quiet)).toMatchObject({ removed: left });
    expect(retentionState(db, day(30).ms)).toMatchObject({ prunable: 0, versions: 3000 });
  });

  it('gives the space back to the file system', async () => {
    const { db, dir, context, setClock } = openWorkspace();
    writeVersions(db, { users: 500, days: 8, pad: 'x'.repeat(1000) });
    db.pragma('wal_checkpoint(TRUNCATE)');
    const before = statSync(`${dir}/segue.db`).size;
    setClock(day(30).ms);
    writeRetentionDays(db, 1);
    const { storeBytes, freeBytes, removedBytes } = await prune(context, { dryRun: false }, quiet);
    const after = statSync(`${dir}/segue.db`).size;
    expect(removedBytes).toBeGreaterThan(3_000_000);
    expect(before - after).toBeGreaterThan(removedBytes);
    expect({ storeBytes, freeBytes }).toEqual({ storeBytes: after, freeBytes: 0 });
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  it('says what stays free in a store that cannot be shortened', async () => {
    const { context, setClock } = openWorkspace(undefined, (file) => {
      // As made before version 7: with a first table, the way that pages are accounted for is settled.
      const old = new Database(file);
      old.exec('PRAGMA page_size = 8192; CREATE TABLE first (a); DROP TABLE first');
      old.close();
    });
    writeVersions(context.store.db, { users: 500, days: 4, pad: 'x'.repeat(1000) });
    setClock(day(30).ms);
    writeRetentionDays(context.store.db, 1);
    const { freeBytes, removedBytes } = await prune(context, { dryRun: false }, quiet);
    expect(freeBytes).toBeGreaterThan(removedBytes);
  });

  it('keeps what a run that has not ended is still to send, and the run sends what was planned', async () => {
    const workspace = await openRunWorkspace();
    const { engine, store, run, sandbox, wait } = workspace;
    fill(workspace, [
      { userId: 'ann', atMs: RUN_DAY },
      { userId: 'bob', atMs: RUN_DAY + 1 },
    ]);
    addWorkflow(workspace);
    const batch = beginBatch(store.db, { kind: 'profiles', source: 'test', startedMs: 0 });
    const writer = createProfileWriter(store.db, {
      batch,
      replace: true,
      keyField: '',
      hashes: openHashPages(store.db),
    });
    const later = { ms: RUN_DAY + DAY_MS, code: 0 };
    for (const userId of ['ann', 'bob']) {
      const text = `{"user_id":"${userId}","version":2}`;
      writer.put({ userId, text }, { at: later, createdFrom: later });
    }
    finishBatch(store.db, batch, { endedMs: 0, result: { entered: 0, exited: 0, rejected: 0 } });
    // Another import, so that undoing does not keep the versions too.
    const other = beginBatch(store.db, { kind: 'archive', source: 'test', startedMs: 0 });
    finishBatch(store.db, other, { endedMs: 0, result: { entered: 0, exited: 0, rejected: 0 } });
    writeRetentionDays(store.db, 3);
    const request = runRequest.parse({ workflow: 'Triggers', kind: 'replay', options: { rate: 0.01 } });
    const { id } = await run.start(request, runCall());
    await run.pause({ id }, runCall());

    const held = await prune(engine, { dryRun: false }, quiet);
    expect(held).toMatchObject({ removed: 0, heldByRun: id });
    await run.setRate({ id, rate: null }, runCall());
    await run.resume({ id }, runCall());
    expect(await wait(id)).toMatchObject({ state: 'completed', sent: 2 });
    const received = await receiveAll(sandbox);
    expect(received.map(({ body }) => JSON.parse(body).data.version)).toEqual([1, 1]);

    expect(await prune(engine, { dryRun: false }, quiet)).toMatchObject({ removed: 2, heldByRun: null });
  });

  it('is refused while the clock is simulated, as the real time still needs what that one has passed', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'segue-retention-'));
    const engine = await openEngine({ dir, assetsDir: '', clock: () => day(3).ms });
    writeVersions(engine.context.store.db, { users: 1, days: 3 });
    await engine.call('retention.set', { days: 1 });
    await engine.call('clock.advance', { to: '2027-01-01T00:00:00Z' });
    expect(await engine.call('retention.prune', { dryRun: true })).toMatchObject({ removed: 1 });
    await expect(engine.call('retention.prune', {})).rejects.toMatchObject({ code: 'CONFLICT' });
    await engine.call('clock.useReal', {});
    expect(await engine.call('retention.prune', {})).toMatchObject({ removed: 1 });
    await engine.close();
  });
});
