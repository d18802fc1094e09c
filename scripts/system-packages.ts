import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What windows and the keychain need on Debian. */
const PACKAGES = [
  'xvfb',
  'libgtk-3-0',
  'libnss3',
  'libasound2',
  'libgbm1',
  'libxss1',
  'libxtst6',
  'libsecret-1-0',
  'dbus',
  'dbus-x11',
  'gnome-keyring',
];

/** The packages that are not installed; none on a system without dpkg, which has its own ways to provide them. */
export function findMissingPackages(): string[] {
  if (!existsSync('/usr/bin/dpkg-query')) return [];
  return PACKAGES.filter((name) => {
    const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '$' + '{Status}', name], { encoding: 'utf8' });
    return !stdout.includes('install ok installed');
  });
}

/** The line that installs packages. */
export function installLine(packages: readonly string[]): string {
  return `sudo apt-get install -y ${packages.join(' ')}`;
}

/** Installs what is missing, when this is root on Debian; prints what it does. */
export function installPackages(): void {
  const missing = findMissingPackages();
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return;
  console.log(`Installing ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
  spawnSync('apt-get', ['install', '-y', '-qq', ...missing], { stdio: ['ignore', 'ignore', 'inherit'], env });
}
