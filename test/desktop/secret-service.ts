import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** A Secret Service on a private session bus, with a home of its own. */
export interface SecretService {
  /** What a process needs in its environment to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder with the only file that may hold a secret, encrypted: the keyring. */
  readonly keyringDir: string;
  /** Ends the keyring daemon while the bus stays, as on a system without a keychain. */
  stopKeyring(): Promise<void>;
  stop(): Promise<void>;
}

const NEEDED = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon'];

/** The programs that are not installed and without which there is no private Secret Service. */
export function missingSecretServicePrograms(): string[] {
  const folders = (process.env.PATH ?? '').split(':');
  return NEEDED.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
}

/** Starts a session bus and an unlocked keyring (DESIGN §9) in an empty home, and waits until the service is on the bus. */
export async function startSecretService(home: string): Promise<SecretService> {
  const keyringDir = join(home, '.local', 'share', 'keyrings');
  const runtimeDir = join(home, 'run');
  mkdirSync(keyringDir, { recursive: true });
  mkdirSync(runtimeDir, { recursive: true, mode: 0o700 });
  const base = { HOME: home, XDG_RUNTIME_DIR: runtimeDir, XDG_DATA_HOME: join(home, '.local', 'share') };
  const inherited = { ...process.env, ...base };

  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address=1'], {
    env: inherited,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [address] = await once(bus.stdout, 'data');
  const env = { ...base, DBUS_SESSION_BUS_ADDRESS: String(address).trim() };

  const keyring = spawn('gnome-keyring-daemon', ['--unlock', '--foreground', '--components=secrets'], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  keyring.stdin.end('a password of the test');
  await untilOnBus({ ...process.env, ...env }, keyring);
  return {
    env,
    keyringDir,
    stopKeyring: () => endProcess(keyring),
    async stop() {
      await endProcess(keyring);
      await endProcess(bus);
    },
  };
}

async function untilOnBus(env: NodeJS.ProcessEnv, keyring: ChildProcess): Promise<void> {
  const question = [
    '--session',
    '--print-reply=literal',
    '--dest=org.freedesktop.DBus',
    '/org/freedesktop/DBus',
    'org.freedesktop.DBus.NameHasOwner',
    'string:org.freedesktop.secrets',
  ];
  const deadlineMs = performance.now() + 10_000;
  while (!execFileSync('dbus-send', question, { env, encoding: 'utf8' }).includes('true')) {
    if (keyring.exitCode !== null || performance.now() > deadlineMs) {
      throw new Error('gnome-keyring-daemon did not come up.');
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}
