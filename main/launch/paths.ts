import { join } from 'node:path';

/** Where the parts of the app lie, in the repository and in a packaged build alike. */
export interface AppPaths {
  readonly outDir: string;
  readonly rendererDir: string;
  readonly icon: string;
  /** Code and files that a plain Node must be able to read are unpacked beside the archive. */
  readonly unpackedDir: string;
  readonly engineEntry: string;
  readonly assetsDir: string;
}

/** Works the paths out from Electron's app path: the repository, or `…/resources/app.asar`. */
export function appPaths(appPath: string): AppPaths {
  const unpackedDir = appPath.replace(/app\.asar$/, 'app.asar.unpacked');
  return {
    outDir: join(appPath, 'out'),
    rendererDir: join(appPath, 'out', 'renderer'),
    icon: join(appPath, 'assets', 'icon.png'),
    unpackedDir,
    engineEntry: join(unpackedDir, 'out', 'engine', 'boot.cjs'),
    assetsDir: join(unpackedDir, 'assets'),
  };
}
