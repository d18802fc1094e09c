import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { takenBackLines } from '../engine/batch/taken-back.ts';
import type { Credentials } from '../engine/context.ts';
import { systemClock } from '../engine/core/clock.ts';
import { requireInstant } from '../engine/core/instant.ts';
import type { Engine } from '../engine/engine.ts';
import { parseCredentialSource } from '../keychain/credential-source.ts';
import { openKeychain } from '../keychain/keychain.ts';
import { resolveCredentials } from '../keychain/resolve-credentials.ts';
import { onInterrupt } from './interrupt.ts';
import { note } from './output.ts';
import { startProgress } from './progress.ts';
import { defaultWorkspace } from './workspace-folder.ts';

/** The options that every command takes. */
export interface GlobalOptions {
  workspace?: string;
  json: boolean;
  now?: string;
  credentials?: string;
}

/** One command's open workspace and how it was called. */
export interface Session {
  readonly engine: Engine;
  readonly options: GlobalOptions;
  /** Calls the engine with a progress bar on standard error when that is a terminal, until Ctrl-C cancels the call. */
  readonly call: Engine['call'];
}

/** The options of the whole program, from any of its sub-commands. */
export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** The folder that `--workspace` names, or the default one. */
export function workspaceFolder(options: GlobalOptions): string {
  return options.workspace === undefined
    ? defaultWorkspace(process.env, process.platform)
    : resolve(options.workspace);
}

/** Opens the workspace for one command and closes it again, whatever happens. `live` as for the engine. */
export async function withSession<T>(
  command: Command,
  work: (session: Session) => Promise<T>,
  { live = false }: { live?: boolean } = {},
): Promise<T> {
  const options = globalOptions(command);
  // Help and a mistyped option need no engine.
  const { openEngine } = await import('../engine/engine.ts');
  const engine = await openEngine({
    dir: workspaceFolder(options),
    assetsDir: assetsFolder(),
    clock: systemClock,
    ...(options.now === undefined ? {} : { fixedMs: requireInstant(options.now, '--now').ms }),
    live,
  });
  // With `--json` nothing but a document stands on standard error; there the list of imports says it.
  if (!options.json) for (const line of takenBackLines(engine.takenBack)) note(line);
  try {
    return await work({ engine, options, call: callWithProgress(engine, options) });
  } finally {
    await engine.close();
  }
}

/**
 * The keys for a workflow: from `--credentials`, else the workflow's saved authorization. Undefined for a queue of the
 * embedded sandbox, which brings its own.
 *
 * @throws AUTHORIZATION_NOT_FOUND, CREDENTIALS_MISSING, KEYCHAIN_UNAVAILABLE
 */
export async function credentialsFor(session: Session, workflow: string): Promise<Credentials | undefined> {
  const { authorization, queueUrl } = await session.engine.call('workflow.show', { name: workflow });
  const source = session.options.credentials ?? authorization;
  if (queueUrl.startsWith('sandbox:') || source === null) return undefined;
  return resolveCredentials(parseCredentialSource(source), openKeychain());
}

/** The folder `assets`, beside the sources or beside the bundle in `out`. */
export function assetsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'assets', 'sample')) && dirname(folder) !== folder)
    folder = dirname(folder);
  return join(folder, 'assets');
}

function callWithProgress(engine: Engine, { json }: GlobalOptions): Engine['call'] {
  return async (name, input, callOptions) => {
    const progress = startProgress();
    // A caller with a signal of its own ends the call in its own way.
    const interrupt = callOptions?.signal === undefined ? onInterrupt(json) : undefined;
    try {
      return await engine.call(name, input, {
        ...(interrupt === undefined ? {} : { signal: interrupt.signal }),
        ...callOptions,
        progress: progress.report,
      });
    } finally {
      progress.stop();
      interrupt?.release();
    }
  };
}
