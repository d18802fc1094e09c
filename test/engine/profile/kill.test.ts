import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { recoverBatches } from '../../../main/engine/batch/batch.ts';
import { openStore } from '../../../main/engine/store/store.ts';
import { dump, openWorkspace } from '../import-workspace.ts';

/** Starts an import in a process of its own and kills it at its nth progress report; true when it was cut off. */
async function importAndKill(dir: string, path: string, reports: number): Promise<boolean> {
  const script = new URL('import-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, dir, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let seen = 0;
  let done = false;
  child.stdout.on('data', (chunk: Buffer) => {
    done ||= chunk.includes('done');
    seen += chunk.toString().split('\n').length - 1;
    if (seen >= reports) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  return !done;
}

it.each([
  ['of which some name audiences', 50],
  ['that are packed as they are read', Number.POSITIVE_INFINITY],
])('an import of profiles %s, killed, leaves nothing behind at the next opening', async (_, each) => {
  const { importText, db, dir, file, context } = openWorkspace();
  await importText('p.ndjson', '{"user_id":"u1","a":1,"segments":["vip"]}\n{"user_id":"u2","a":1}', {
    at: '2026-01-01T00:00:00Z',
  });
  const before = dump(db);
  context.store.close();
  // A transaction takes 256 KiB at first, twice as much each time, and is reported, so there is something to kill between.
  const line = (i: number) =>
    `{"user_id":"u${i}","a":2,"pad":"${'x'.repeat(2000)}"${i % each === 0 ? ',"segments":["new"]' : ''}}`;
  const big = file('big.ndjson', Array.from({ length: 16_000 }, (_, i) => line(i)).join('\n'));
  for (const reports of [1, 3, 6]) {
    expect(await importAndKill(dir, big, reports)).toBe(true);
    const store = openStore(dir);
    try {
      expect(store.db.prepare(`SELECT count(*) FROM batch WHERE state = 'running'`).pluck().get()).toBe(1);
      expect(dump(store.db)).not.toEqual(before);
      recoverBatches(store.db);
      expect(dump(store.db)).toEqual(before);
      expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok');
    } finally {
      store.close();
    }
  }
  // Nor does the store take what was taken back for known.
  const {
    db: again,
    profile,
    call,
  } = openWorkspace(undefined, (databaseFile) => copyFileSync(join(dir, 'segue.db'), databaseFile));
  await profile.import({ path: big, replace: false, strict: false }, call);
  const texts = again.prepare<[], string>('SELECT body FROM profile').pluck().all();
  expect(texts.length).toBe(16_000);
});
