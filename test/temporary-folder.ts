import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a run of the tests writes goes into one folder, which goes when the run ends. */
export function setup(): () => void {
  const before = tmpdir();
  const folder = mkdtempSync(join(before, 'segue-test-'));
  // Node looks at the first on Linux and macOS, at the second on Windows; workers and the processes of the tests inherit both.
  const use = (dir: string) => Object.assign(process.env, { TMPDIR: dir, TEMP: dir });
  use(folder);
  return () => {
    use(before);
    rmSync(folder, { recursive: true, force: true });
  };
}
