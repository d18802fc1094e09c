import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openStore } from '../../../main/engine/store/store.ts';

const base = mkdtempSync(join(tmpdir(), 'segue-folder-'));
const file = join(base, 'file');
writeFileSync(file, 'text');

it('is made with the folders above it', () => {
  const dir = join(base, 'a', 'b', 'workspace');
  const store = openStore(dir);
  expect(store.file).toBe(join(dir, 'segue.db'));
  store.close();
});

it.each([
  ['a file', file],
  ['a place below a file', join(file, 'workspace')],
  ...(process.platform === 'linux' ? [['a place where nothing can be made', '/proc/segue/workspace']] : []),
])('%s is refused by name', (_what, dir = '') => {
  expect(() => openStore(dir)).toThrowError(
    expect.objectContaining({
      code: 'FILE_UNWRITABLE',
      message: expect.stringContaining(`${dir} cannot be the folder of a workspace`),
    }),
  );
});
