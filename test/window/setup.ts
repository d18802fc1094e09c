import type { TestProject } from 'vitest/node';
import { ensureBuild } from '../../scripts/build.ts';
import { electronSwitches, findElectron } from '../../scripts/electron.ts';
import { openDisplay } from '../desktop/display.ts';

declare module 'vitest' {
  interface ProvidedContext {
    electron: string;
    /** The Electron is 25.1.1, whose own Node cannot run the engine. */
    fallback: boolean;
    switches: string[];
    display: string;
  }
}

/** Once for all window tests: a build, an Electron, a display. */
export async function setup(project: TestProject): Promise<() => void> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  await ensureBuild();
  const electron = await findElectron(say);
  if (electron === null) throw new Error('The window tests need an Electron, and none can be had here.');
  const display = await openDisplay();
  project.provide('electron', electron.binary);
  project.provide('fallback', electron.fallback);
  project.provide('switches', electronSwitches(electron, say));
  project.provide('display', display.name);
  return display.stop;
}
