import { describe, expect, it } from 'vitest';
import { createHistoryHandlers } from '../../../main/engine/history/handlers.ts';
import { createProfileHandlers } from '../../../main/engine/profile/handlers.ts';
import type { JobProgress } from '../../../preload/contract/events.ts';
import { dump, openWorkspace } from '../import-workspace.ts';

const AT = '2026-03-01T00:00:00Z';
const pad = 'x'.repeat(300);
const lines = (count: number, line: (i: number) => object) =>
  Array.from({ length: count }, (_, i) => JSON.stringify(line(i))).join('\n');
const FILES = {
  profiles: lines(4000, (i) => ({ user_id: `u${i}`, pad, segments: i % 2 === 0 ? ['vip'] : [] })),
  events: lines(4000, (i) => ({ user_id: `u${i % 500}`, ts: AT, n: i, pad })),
  archive: lines(2000, (i) => ({
    data: {
      user_id: `u${i}`,
      pad,
      segment_events: [{ id: '1'.repeat(32), event: 'enter', enter: AT, slug: 'archived' }],
    },
    meta: { object: 'user', subscription_id: '2'.repeat(32), timestamp: AT },
  })),
};
type Kind = keyof typeof FILES;

/** A workspace with a profile, and a way to import each kind of file, in a thread or not. */
async function prepared(inThread: boolean) {
  const workspace = openWorkspace();
  await workspace.importText('before.ndjson', '{"user_id":"u1","a":1,"segments":["old"]}', {
    at: '2026-01-01T00:00:00Z',
  });
  const told: string[][] = [];
  const context: typeof workspace.context = {
    ...workspace.context,
    emit: (name, payload) => {
      if (name === 'storeChanged' && 'tables' in payload) told.push(payload.tables);
    },
  };
  const profile = createProfileHandlers(context, inThread);
  const history = createHistoryHandlers(context, inThread);
  const reports: Omit<JobProgress, 'jobId'>[] = [];
  const start = (kind: Kind, { cancelAtReport = Number.POSITIVE_INFINITY, text = FILES[kind] } = {}) => {
    const path = workspace.file(`${kind}.ndjson`, text);
    const stop = new AbortController();
    const call = {
      signal: stop.signal,
      progress: (report: Omit<JobProgress, 'jobId'>) => {
        reports.push(report);
        if (reports.length >= cancelAtReport) stop.abort();
      },
    };
    if (kind === 'archive') return history.import({ path, strict: false }, call);
    const events = kind === 'events' ? { format: 'events' as const } : { at: AT };
    return profile.import({ path, replace: false, strict: false, ...events }, call);
  };
  return { ...workspace, start, reports, told };
}

describe.each(['profiles', 'events', 'archive'] as const)('an import of %s', (kind) => {
  it('writes the same in a thread of its own as in this one, and says which tables changed', async () => {
    const [own, apart] = [await prepared(false), await prepared(true)];
    const { seconds: _, ...expected } = await own.start(kind);
    const { seconds: __, ...result } = await apart.start(kind);
    expect(result).toEqual(expected);
    expect(dump(apart.db)).toEqual(dump(own.db));
    expect(apart.told).toEqual(own.told);
    expect(apart.told.length).toBeGreaterThan(0);
  });

  it.each([false, true])(
    'tells bytes, rows, rate and the time that is left; in a thread: %s',
    async (inThread) => {
      const { start, reports } = await prepared(inThread);
      const { bytes, profiles } = await start(kind);
      const last = reports.at(-1);
      expect(last).toMatchObject({
        phase: 'importing',
        unit: 'bytes',
        done: bytes,
        total: bytes,
        rows: profiles.read,
        secondsLeft: 0,
      });
      expect(last?.perSecond).toBeGreaterThan(0);
    },
  );

  it.each([false, true])(
    'leaves the store as it was when it is cancelled; in a thread: %s',
    async (inThread) => {
      const { start, db } = await prepared(inThread);
      const before = dump(db);
      // In this thread after the first transaction; a thread reports at most ten times a second, and may be done by then.
      await expect(
        start(kind, { cancelAtReport: 1, text: Array(8).fill(FILES[kind]).join('\n') }),
      ).rejects.toMatchObject({
        code: 'CANCELLED',
      });
      expect(dump(db)).toEqual(before);
      expect(db.prepare('SELECT state FROM batch ORDER BY id DESC LIMIT 1').pluck().get()).toBe('cancelled');
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    },
  );

  it('whose thread dies is taken back, and another one can begin', async () => {
    const { start, db } = await prepared(true);
    const before = dump(db);
    // Its first message is its progress behind the first transaction.
    process.once('worker', (worker) => worker.once('message', () => worker.terminate()));
    await expect(start(kind, { text: Array(8).fill(FILES[kind]).join('\n') })).rejects.toMatchObject({
      code: 'INTERNAL',
    });
    expect(dump(db)).toEqual(before);
    expect(db.prepare('SELECT state FROM batch ORDER BY id DESC LIMIT 1').pluck().get()).toBe('failed');
    await start(kind);
  });

  it.each([false, true])('rejects with the coded error; in a thread: %s', async (inThread) => {
    const { start } = await prepared(inThread);
    const zip = `PK\u0003\u0004${'x'.repeat(200_000)}`;
    await expect(start(kind, { text: zip })).rejects.toMatchObject({ code: 'FILE_FORMAT' });
  });
});
