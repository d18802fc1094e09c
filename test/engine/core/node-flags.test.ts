import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NODE_FLAGS } from '../../../main/engine/core/node-flags.ts';

describe('the flags of engine processes', () => {
  it('are those of the npm scripts', () => {
    const file = new URL('../../../package.json', import.meta.url);
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(file, 'utf8'));
    for (const name of ['segue', 'bench'])
      expect(scripts[name]).toMatch(new RegExp(`^node ${NODE_FLAGS.join(' ')} `));
  });

  it('are known to Node, which refuses others', () => {
    const run = (...flags: string[]) => spawnSync(process.execPath, [...flags, '--eval', '0']).status;
    expect(run(...NODE_FLAGS)).toBe(0);
    expect(run(...NODE_FLAGS, '--no-such-flag')).not.toBe(0);
  });
});
