import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../../main/engine/engine.ts';
import { loadSample } from '../../../main/engine/workspace/sample.ts';

const assetsDir = join(import.meta.dirname, '../../../assets');
const quiet = () => ({ signal: new AbortController().signal, progress: () => undefined });

let open: Engine | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function openIn(dir: string): Promise<Engine> {
  open = await openEngine({ dir, assetsDir, clock: Date.now });
  return open;
}
const folder = () => mkdtempSync(join(tmpdir(), 'segue-workspace-'));

describe('the sample workspace', () => {
  it('is the same whether it is loaded at once or cut off half-way and opened again', async () => {
    const whole = await openIn(folder());
    const loaded = await whole.call('workspace.loadSample', {});
    const expected = await whole.call('workspace.info', {});
    expect(expected).toMatchObject({
      profiles: loaded.profiles,
      audiences: 5,
      changes: loaded.changes,
      workflows: 1,
    });
    await whole.close();

    const dir = folder();
    const cut = await openIn(dir);
    const stop = new Error('cut off');
    await expect(
      loadSample(cut.context, quiet(), (step) => {
        if (step.kind === 'snapshot' && step.at.startsWith('2026-10-24')) throw stop;
      }),
    ).rejects.toBe(stop);
    await cut.close();
    const again = await openIn(dir);
    const { dir: _dir, sizeBytes: _size, ...facts } = expected;
    expect(await again.call('workspace.info', {})).toMatchObject(facts);
  });

  it('is refused where there are other profiles', async () => {
    const engine = await openIn(folder());
    await engine.call('workspace.loadSample', {});
    await expect(engine.call('workspace.loadSample', {})).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('a backup', () => {
  it('is a whole store by itself, and never replaces a file', async () => {
    const dir = folder();
    const engine = await openIn(dir);
    await engine.call('workspace.loadSample', {});
    const out = join(dir, 'copy.db');
    const { bytes } = await engine.call('workspace.backup', { out });
    expect(bytes).toBeGreaterThan(100_000);
    const copy = new Database(out, { readonly: true });
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(copy.prepare('SELECT count(*) FROM profile').pluck().get()).toBe(320);
    copy.close();
    await expect(engine.call('workspace.backup', { out })).rejects.toMatchObject({ code: 'CONFLICT' });
    const nowhere = join(dir, 'no', 'such', 'folder.db');
    await expect(engine.call('workspace.backup', { out: nowhere })).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
    });
    expect(existsSync(`${nowhere}.partial`)).toBe(false);
  });
});

describe('the doctor', () => {
  it('finds a healthy workspace healthy', async () => {
    const engine = await openIn(folder());
    const { ok, checks } = await engine.call('workspace.doctor', {});
    expect(ok).toBe(true);
    expect(checks.find(({ name }) => name === 'Integrity')?.value).toBe('ok');
  });
});
