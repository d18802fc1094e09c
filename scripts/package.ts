/**
 * `npm run package`: an unpacked Segue for this platform in `release/`. Nothing is downloaded: Electron is the one that
 * `npm start` uses, or the folder in `SEGUE_ELECTRON_DIST`.
 */
import { cpSync, rmSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { build } from 'electron-builder';
import { ensureBuild } from './build.ts';
import { findElectron } from './electron.ts';

const root = join(import.meta.dirname, '..');

/** Packs Segue and returns the folder with its executable. */
export async function packageApp(output = join(root, 'release')): Promise<string> {
  await ensureBuild();
  const found = await findElectron((line) => console.error(line));
  const source = process.env.SEGUE_ELECTRON_DIST ?? (found === null ? undefined : dirname(found.binary));
  if (source === undefined) throw new Error('Packing needs an Electron, and none can be had on this system.');
  const dist = join(root, '.cache', `electron-dist-${process.pid}`);
  try {
    // Without the fallback's loader, which Electron would prefer to the packed app.
    const loader = join(source, 'resources', 'app');
    cpSync(source, dist, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => file !== loader && !file.startsWith(loader + sep),
    });
    // Electron 25 is older than this fuse, and flipping what is not there is an error.
    const newerFuses = found?.fallback === true ? {} : { grantFileProtocolExtraPrivileges: false };
    const config = { electronDist: dist, directories: { output }, electronFuses: newerFuses };
    await build({ projectDir: root, dir: true, publish: 'never', config });
  } finally {
    rmSync(dist, { recursive: true, force: true });
  }
  return join(output, `${process.platform === 'win32' ? 'win' : process.platform}-unpacked`);
}

if (import.meta.main) console.error(`Packed: ${await packageApp()}`);
