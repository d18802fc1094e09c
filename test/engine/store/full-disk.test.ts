import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../../main/engine/engine.ts';
import { smallDisk } from '../small-disk.ts';

/**
 * A disk that is really full: a small tmpfs. Whatever stops says so by code, nothing crashes, and the workspace is as it was, also
 * while there is no space. Needs root on Linux; elsewhere, and where a container may not mount, each test is reported as skipped.
 */

const { base, disk, available, mount, unmount, fill } = smallDisk();
const workspace = join(disk, 'ws');

function file(name: string, lines: readonly string[]): string {
  const path = join(base, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const many = <T>(count: number, line: (n: number) => T) => Array.from({ length: count }, (_, n) => line(n));
const archived = (n: number) =>
  `{"data":{"user_id":"u${n}","pad":"${'z'.repeat(300)}","segment_events":[{"id":"a1","event":"enter","slug":"vip",` +
  `"enter":"2020-01-01T00:00:00Z"}]},"meta":{"timestamp":"2020-01-01T00:00:00Z"}}`;

describe.skipIf(!available)('a full disk', { timeout: 120_000 }, () => {
  let engine: Engine;
  const open = () => openEngine({ dir: workspace, assetsDir: '', clock: () => Date.UTC(2026, 10, 23) });
  const snapshot = (path: string, day: number, more = {}) =>
    engine.call('snapshot.import', { path, at: `2026-10-0${day}T00:00:00Z`, ...more });

  beforeEach(async () => {
    mount();
    engine = await open();
    await engine.call('profile.import', { path: file('one.ndjson', ['{"user_id":"ann","n":1}']) });
    await snapshot(file('one.csv', ['user_id,segment', 'ann,vip']), 1);
  });
  afterEach(async () => {
    await engine.close().catch(() => undefined);
    unmount();
  });

  async function asItWas(): Promise<void> {
    expect((await engine.call('profile.show', { userId: 'ann' })).text).toBe('{"user_id":"ann","n":1}');
    expect(await engine.call('profile.count', {})).toMatchObject({ count: 1 });
    expect(await engine.call('history.count', {})).toEqual({ count: 1 });
    const { checks } = await engine.call('workspace.doctor', {});
    expect(checks.find(({ name }) => name === 'Integrity')).toMatchObject({ ok: true });
  }

  it.each<[string, () => Promise<unknown>]>([
    [
      'profiles',
      () =>
        engine.call('profile.import', {
          path: file(
            'a.ndjson',
            many(40_000, (n) => JSON.stringify({ user_id: `u${n}`, pad: 'x'.repeat(400) })),
          ),
        }),
    ],
    [
      'a snapshot',
      () =>
        snapshot(
          file('a.csv', ['user_id,segment', ...many(500_000, (n) => `user-${n},segment${n % 20}`)]),
          2,
        ),
    ],
    [
      'the result of a dry run',
      () =>
        snapshot(file('a.csv', ['user_id,segment', ...many(120_000, (n) => `user-${n},segment`)]), 2, {
          dryRun: true,
          out: join(disk, 'out'),
        }),
    ],
    [
      'a report of rejects',
      () =>
        engine.call('profile.import', {
          path: file(
            'a.ndjson',
            many(100_000, () => 'y'.repeat(180)),
          ),
        }),
    ],
    ['an archive', () => engine.call('history.import', { path: file('a.ndjson', many(40_000, archived)) })],
  ])('stops an import by code and takes it back, before there is space again: %s', async (_what, start) => {
    await expect(start()).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringMatching(/ stopped: the disk is full .* Free space and /),
    });
    await asItWas();
    await engine.close();
    engine = await open();
    await asItWas();
  });

  it('stops an import by code that cannot even begin', async () => {
    const path = file(
      'a.ndjson',
      many(10_000, (n) => `{"user_id":"u${n}"}`),
    );
    fill();
    await expect(engine.call('profile.import', { path })).rejects.toMatchObject({ code: 'DISK_FULL' });
    await asItWas();
  });

  it('stops every other call by code, and lets the workspace be read', async () => {
    fill();
    const definitions = file('a.json', [
      JSON.stringify(many(2000, (n) => ({ slug: `s${n}`, name: 'n'.repeat(300) }))),
    ]);
    const calls: [string, () => Promise<unknown>][] = [
      ['history.export', () => engine.call('history.export', { out: join(disk, 'h.ndjson') })],
      ['workspace.backup', () => engine.call('workspace.backup', { out: join(disk, 'b.db') })],
      ['audience.import', () => engine.call('audience.import', { path: definitions })],
    ];
    for (const [name, call] of calls) await expect(call(), name).rejects.toMatchObject({ code: 'DISK_FULL' });
    await asItWas();
    rmSync(join(disk, 'filler'));
    await engine.call('audience.import', { path: definitions });
    await asItWas();
  });
});
