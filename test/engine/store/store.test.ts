import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../main/engine/engine.ts';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { openStore } from '../../../main/engine/store/store.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'segue-store-'));

describe('a workspace', () => {
  it('opens, closes and opens again at the newest schema', () => {
    const dir = folder();
    openStore(dir).close();
    const store = openStore(dir);
    expect(store.db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length);
    store.close();
  });

  it('is refused to a second opener, and free again after a kill -9', async () => {
    const dir = folder();
    const script = `import { openStore } from ${JSON.stringify(new URL('../../../main/engine/store/store.ts', import.meta.url).pathname)};
      openStore(${JSON.stringify(dir)}); process.stdout.write('open'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    try {
      expect(() => openStore(dir)).toThrowError(
        expect.objectContaining({ code: 'WORKSPACE_LOCKED', detail: { workspace: dir, pid: holder.pid } }),
      );
    } finally {
      const ended = new Promise((resolve) => holder.once('exit', resolve));
      holder.kill('SIGKILL');
      await ended;
    }
    openStore(dir).close();
  });

  it('from a newer Segue is refused and left byte for byte as it was', () => {
    const dir = folder();
    const store = openStore(dir);
    store.db.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    store.close();
    const before = readFileSync(join(dir, 'segue.db'));
    expect(() => openStore(dir)).toThrowError(expect.objectContaining({ code: 'WORKSPACE_NEWER' }));
    expect(readFileSync(join(dir, 'segue.db')).equals(before)).toBe(true);
  });

  it('whose database is damaged inside is refused by code', async () => {
    const dir = folder();
    const file = join(dir, 'segue.db');
    openStore(dir).close();
    const bytes = readFileSync(file);
    bytes.fill(0xff, 8192);
    writeFileSync(file, bytes);
    await expect(openEngine({ dir, assetsDir: '', clock: () => 0 })).rejects.toMatchObject({
      code: 'WORKSPACE_CORRUPT',
      message: expect.stringContaining('Restore segue.db from a backup'),
    });
  });

  it.each([
    [
      'text',
      (file: string) => writeFileSync(file, 'not a database, but long enough to be read as a header of one'),
    ],
    [
      'a database of another program',
      (file: string) => {
        const db = new Database(file);
        db.exec('CREATE TABLE theirs (x)');
        db.close();
      },
    ],
  ])('is refused when segue.db is %s', (_what, make) => {
    const dir = folder();
    make(join(dir, 'segue.db'));
    expect(() => openStore(dir)).toThrowError(expect.objectContaining({ code: 'WORKSPACE_CORRUPT' }));
  });
});
