/** `npm start`: builds when needed, finds an Electron, opens the window; without a display it runs the demo instead. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuild } from './build.ts';
import { electronSwitches, findElectron, missingLibraries } from './electron.ts';
import { findMissingPackages, installLine } from './system-packages.ts';

const root = join(import.meta.dirname, '..');
const say = (line: string) => console.error(line);

const { command, args } = (await windowCommand()) ?? {
  command: process.execPath,
  args: ['scripts/segue.ts', 'demo'],
};
const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  say(`${command} could not be started: ${error.message}`);
  process.exitCode = 1;
});
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});

async function windowCommand(): Promise<{ command: string; args: string[] } | null> {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    say(
      'There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set): doing the same job without a window.',
    );
    return null;
  }
  await ensureBuild();
  const electron = await findElectron(say);
  if (electron === null) {
    say('No Electron can be had on this system: doing the same job without a window.');
    return null;
  }
  const missing = missingLibraries(electron.binary);
  if (missing.length > 0) {
    say(`Electron needs libraries that this system lacks: ${missing.join(', ')}.`);
    say(`On Debian: ${installLine(findMissingPackages())}. Until then: doing the same job without a window.`);
    return null;
  }
  return {
    command: electron.binary,
    args: [root, ...electronSwitches(electron, say), ...process.argv.slice(2)],
  };
}
