import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';

/** The package's folder: `node_modules/electron`. */
const packageDir = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
const PROBE_MS = 10_000;
const REACHABLE_LIMIT_MS = 15 * 60_000;
const UNREACHABLE_LIMIT_MS = 20_000;
/** A network that could not be reached is tried again after this long. */
const REMEMBER_MS = 12 * 60 * 60_000;

/**
 * Electron's own binary, downloaded at the first use as the package itself does; null where it cannot be had. The wait is
 * bounded: 15 minutes for a download that can be reached, else 20 seconds, and the failure is remembered for half a day.
 */
export async function findOfficialElectron(say: (line: string) => void): Promise<string | null> {
  const present = installedBinary();
  if (present !== null) return present;
  const marker = join(cacheFolder(), `electron-${version()}-unreachable`);
  const failedMs = statSync(marker, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Date.now() - failedMs < REMEMBER_MS) {
    say(`Electron ${version()} could not be downloaded before. Delete ${marker} to try again now.`);
    return null;
  }
  say(`Electron ${version()} is downloaded on first use.`);
  const limitMs = (await isReachable()) ? REACHABLE_LIMIT_MS : UNREACHABLE_LIMIT_MS;
  const failure = await install(limitMs);
  const installed = installedBinary();
  if (installed === null) {
    say(`Electron ${version()} could not be downloaded: ${failure ?? 'the binary is missing'}.`);
    mkdirSync(dirname(marker), { recursive: true });
    writeFileSync(marker, '');
  }
  return installed;
}

/** The version that package.json pins. */
function version(): string {
  const { version: text } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as {
    version: string;
  };
  return text;
}

function installedBinary(): string | null {
  const pathFile = join(packageDir, 'path.txt');
  if (!existsSync(pathFile)) return null;
  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(packageDir, 'dist');
  const binary = join(dist, readFileSync(pathFile, 'utf8'));
  return existsSync(binary) ? binary : null;
}

async function isReachable(): Promise<boolean> {
  const mirror = process.env.ELECTRON_MIRROR ?? 'https://github.com/electron/electron/releases/download/';
  try {
    const answer = await fetch(`${mirror}v${version()}/SHASUMS256.txt`, {
      method: 'HEAD',
      signal: AbortSignal.timeout(PROBE_MS),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

/** Runs the package's installer, which also takes a copy from its cache; resolves to why it failed, null when it did not. */
function install(limitMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(packageDir, 'install.js')], {
      stdio: ['ignore', 'inherit', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    let firstLine = '';
    child.stderr.on('data', (chunk) => {
      firstLine ||= String(chunk).split('\n', 1)[0] ?? '';
    });
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(null);
      else resolve(signal === null ? firstLine : `no answer within ${limitMs / 1000} s`);
    });
  });
}
