import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of a few megabytes, to be filled. Mounting needs root on Linux; elsewhere, and in most containers, it throws. */
export interface SmallDisk {
  /** A folder beside the disk that does not fill up. */
  readonly base: string;
  readonly disk: string;
  /** Whether this machine lets a disk be mounted. */
  readonly available: boolean;
  mount(): void;
  unmount(): void;
  /** Writes to `filler` on the disk until nothing more fits. */
  fill(): void;
}

/** A tmpfs of 12 MB under a new temporary folder, not mounted yet. */
export function smallDisk(): SmallDisk {
  const base = mkdtempSync(join(tmpdir(), 'segue-full-'));
  const disk = join(base, 'disk');
  mkdirSync(disk);
  const mount = () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk], { stdio: 'ignore' });
  };
  const unmount = () => {
    execFileSync('umount', ['-l', disk]);
  };
  const isAvailable = () => {
    try {
      mount();
      unmount();
      return true;
    } catch {
      return false;
    }
  };
  return {
    base,
    disk,
    available: isAvailable(),
    mount,
    unmount,
    fill() {
      for (const bytes of [256 * 1024, 4096]) {
        try {
          for (;;) appendFileSync(join(disk, 'filler'), Buffer.alloc(bytes));
        } catch {
          // Full, as wanted.
        }
      }
    },
  };
}
