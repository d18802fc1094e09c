import { linkSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, expect, it } from 'vitest';
import { refuseSameFile, writeWhole } from '../../../main/engine/output/whole-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'segue-whole-'));
});

it('replaces a text file when the new one is whole, and leaves nothing beside it', async () => {
  const out = join(dir, 'out.ndjson');
  writeFileSync(out, 'before');
  await writeWhole(out, async (write) => {
    await write('after');
    expect(readFileSync(out, 'utf8')).toBe('before');
  });
  expect(readFileSync(out, 'utf8')).toBe('after');
  expect(readdirSync(dir)).toEqual(['out.ndjson']);
});

it('never takes the name of a database or a folder', async () => {
  const file = join(dir, 'segue.db');
  const db = new Database(file);
  db.exec('CREATE TABLE t (n)');
  db.close();
  const before = readFileSync(file);
  for (const out of [file, dir]) {
    const written = writeWhole(out, (write) => write('text'));
    await expect(written).rejects.toMatchObject({ code: 'FILE_UNWRITABLE', detail: { path: out } });
  }
  expect(readFileSync(file)).toEqual(before);
});

it('knows the file that is read under another name too', () => {
  const [read, same, other] = ['read', 'same', 'other'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(read, '');
  writeFileSync(other, '');
  linkSync(read, same);
  expect(() => refuseSameFile(same, read)).toThrow('is the file that is read');
  expect(() => refuseSameFile(other, read)).not.toThrow();
  expect(() => refuseSameFile(join(dir, 'new'), read)).not.toThrow();
});
