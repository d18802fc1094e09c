import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launchOptions } from '../../main/launch/options.ts';
import { appPaths } from '../../main/launch/paths.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'segue-launch-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe('what the window is started for', () => {
  it('is the default workspace with the sample, the first time only', () => {
    const first = launchOptions(['--no-sandbox', '.'], home, '/');
    expect(first).toEqual({ workspace: join(home, 'workspace'), loadSample: true });
    mkdirSync(first.workspace);
    writeFileSync(join(first.workspace, 'segue.db'), '');
    expect(launchOptions(['.'], home, '/').loadSample).toBe(false);
  });

  it('is a named workspace, empty unless the sample is asked for', () => {
    expect(launchOptions(['.', '--workspace', 'mine'], '/data', home)).toEqual({
      workspace: join(home, 'mine'),
      loadSample: false,
    });
    expect(launchOptions(['--inspect=0', '.', '--workspace=mine', '--sample'], '/data', home)).toEqual({
      workspace: join(home, 'mine'),
      loadSample: true,
    });
  });
});

describe('where the app’s parts lie', () => {
  it('is beside the archive for what a plain Node reads', () => {
    const packaged = appPaths('/opt/Segue/resources/app.asar');
    expect(packaged.rendererDir).toBe('/opt/Segue/resources/app.asar/out/renderer');
    expect(packaged.engineEntry).toBe('/opt/Segue/resources/app.asar.unpacked/out/engine/boot.cjs');
    expect(appPaths('/src/segue').engineEntry).toBe('/src/segue/out/engine/boot.cjs');
  });
});
