import { describe, expect, it } from 'vitest';
import { decideRestart } from '../../main/engine-host/restart-policy.ts';
import { chooseRuntime } from '../../main/engine-host/runtime.ts';

const facts = { platform: 'linux', appDir: '/nowhere', env: {} } as const;

describe('the choice of the engine’s runtime', () => {
  it('takes Electron’s own Node when it can load the native modules', () => {
    expect(chooseRuntime({ ...facts, nodeApi: '10' })).toEqual({ kind: 'utility' });
  });

  it('takes a Node binary when it cannot', () => {
    const env = { SEGUE_NODE: process.execPath };
    expect(chooseRuntime({ ...facts, nodeApi: '8', env })).toEqual({
      kind: 'fork',
      nodeBinary: process.execPath,
    });
  });

  it('does as told', () => {
    const env = { SEGUE_NODE: process.execPath, SEGUE_ENGINE_HOST: 'fork' };
    expect(chooseRuntime({ ...facts, nodeApi: '10', env }).kind).toBe('fork');
    expect(chooseRuntime({ ...facts, nodeApi: '8', env: { SEGUE_ENGINE_HOST: 'utility' } }).kind).toBe(
      'utility',
    );
  });

  it('says what is missing when no Node is there', () => {
    expect(() => chooseRuntime({ ...facts, nodeApi: '8' })).toThrow(
      expect.objectContaining({ code: 'ENGINE_RUNTIME', message: expect.stringContaining('SEGUE_NODE') }),
    );
  });
});

describe('the restart of an engine that ended by itself', () => {
  it('waits longer each time, and stops at the fourth end in a minute', () => {
    expect(decideRestart([0])).toEqual({ restart: true, delayMs: 250 });
    expect(decideRestart([0, 1000])).toEqual({ restart: true, delayMs: 1000 });
    expect(decideRestart([0, 1000, 2000])).toEqual({ restart: true, delayMs: 4000 });
    expect(decideRestart([0, 1000, 2000, 3000])).toEqual({ restart: false });
  });

  it('forgets what is longer ago than a minute', () => {
    expect(decideRestart([0, 1000, 2000, 62_500])).toEqual({ restart: true, delayMs: 250 });
  });
});
