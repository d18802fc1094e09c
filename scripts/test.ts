/**
 * `npm test`: types, lint, unit, engine, contract, command line, security and window tests, in the order in which they
 * fail fastest. Everything runs even when something failed, so that one run shows all that is wrong.
 */
import { spawnSync } from 'node:child_process';
import { findMissingPackages, installLine, installPackages } from './system-packages.ts';

interface Step {
  name: string;
  command: string[];
  /** Needs a display, a keychain and their libraries. */
  needsSystem?: boolean;
}

const STEPS: Step[] = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'build', command: ['node', 'scripts/build.ts'] },
  { name: 'unit, engine, contract, command line, security, components', command: ['vitest', 'run'] },
  { name: 'window', command: ['vitest', 'run', '--config', 'vitest.window.config.ts'], needsSystem: true },
];

if (process.env.CI !== undefined) installPackages();
const missing = findMissingPackages();
const failed: string[] = [];
const skipped: string[] = [];

for (const { name, command, needsSystem } of STEPS) {
  if (needsSystem === true && missing.length > 0) {
    skipped.push(name);
    continue;
  }
  console.log(`\n── ${name}`);
  const [program = '', ...args] = command;
  const { status } = spawnSync(program, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) failed.push(name);
}

if (skipped.length > 0) {
  console.log(
    `\nSkipped: ${skipped.join(', ')} tests. Missing: ${missing.join(' ')}\nInstall them with: ${installLine(missing)}`,
  );
}
console.log(failed.length === 0 ? '\nAll that ran has passed.' : `\nFailed: ${failed.join('; ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
