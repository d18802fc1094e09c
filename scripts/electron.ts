/** Finds an Electron to run the window with, and what this system lacks to run it. */
import { spawnSync } from 'node:child_process';
import { FALLBACK_VERSION, findFallbackElectron } from './electron/fallback.ts';
import { findOfficialElectron } from './electron/official.ts';

export interface FoundElectron {
  readonly binary: string;
  /** Electron 25.1.1 in place of the current one. */
  readonly fallback: boolean;
}

/**
 * The current Electron, or with a visible warning the fallback (DESIGN §9); null where neither can be had. `say` gets
 * lines for a person. `SEGUE_ELECTRON=fallback` goes straight to the fallback.
 */
export async function findElectron(say: (line: string) => void): Promise<FoundElectron | null> {
  const official = process.env.SEGUE_ELECTRON === 'fallback' ? null : await findOfficialElectron(say);
  if (official !== null) return { binary: official, fallback: false };
  try {
    const binary = await findFallbackElectron(say);
    if (binary === null) return null;
    say(
      `WARNING: running on Electron ${FALLBACK_VERSION} (Chromium 114), which no longer gets security updates.`,
    );
    return { binary, fallback: true };
  } catch (error) {
    say(`The fallback Electron cannot be had: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

/** Shared libraries that the binary needs and this system does not have; empty where `ldd` does not exist. */
export function missingLibraries(binary: string): string[] {
  if (process.platform !== 'linux') return [];
  const { stdout } = spawnSync('ldd', [binary], { encoding: 'utf8' });
  return (stdout ?? '')
    .split('\n')
    .filter((line) => line.includes('not found'))
    .map((line) => line.trim().split(' ', 1)[0] ?? '');
}

/**
 * The switches that this Electron needs here. Root has no Chromium sandbox; and where Electron 25 finds no GPU, its failed
 * GPU process leaves a page waiting for ever about once in fifteen starts, while the page needs none.
 */
export function electronSwitches({ fallback }: FoundElectron, say: (line: string) => void): string[] {
  const switches = fallback ? ['--disable-gpu'] : [];
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return switches;
  say(
    "WARNING: running as root, so Chromium's sandbox is off (--no-sandbox). Use an ordinary user for real work.",
  );
  return [...switches, '--no-sandbox'];
}
