import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What the window was started for. */
export interface LaunchOptions {
  readonly workspace: string;
  /** Fill the workspace with the sample: it is new, and it is the default one or `--sample` was given. */
  readonly loadSample: boolean;
}

/** Reads `--workspace DIR` and `--sample`; Chromium's own switches on the same line are left alone. */
export function launchOptions(argv: readonly string[], userDataDir: string, cwd: string): LaunchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: { workspace: { type: 'string' }, sample: { type: 'boolean' } },
    strict: false,
    allowPositionals: true,
  });
  const named =
    typeof values.workspace === 'string' && values.workspace !== '' ? values.workspace : undefined;
  const workspace = named === undefined ? join(userDataDir, 'workspace') : resolve(cwd, named);
  const isNew = !existsSync(join(workspace, 'segue.db'));
  return { workspace, loadSample: isNew && (named === undefined || values.sample === true) };
}
