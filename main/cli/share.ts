import type { Command } from 'commander';
import type { BundleManifest } from '../../preload/contract/bundle.ts';
import type { RunRow } from '../../preload/contract/run.ts';
import { SegueError } from '../engine/core/errors.ts';
import { foreground } from './foreground.ts';
import { given } from './options.ts';
import { note } from './output.ts';
import { runLines } from './run-lines.ts';
import { type GuardOptions, guardsOf, type PaceOptions, requestOf } from './run-options.ts';
import { credentialsFor, globalOptions, type Session, withSession, workspaceFolder } from './session.ts';

type ShareOptions = PaceOptions & GuardOptions & { journal?: string };

/**
 * `replay start --bundle FILE --shard I/N`: opens the bundle in the workspace's folder and sends the share. Where the
 * folder has the share's run already (a scheduler started the task again), that run goes on; a share that has ended is
 * only told again, so that starting a task twice sends nothing twice.
 */
export async function startShare(
  name: string | undefined,
  kind: BundleManifest['kind'],
  file: string,
  options: ShareOptions,
  command: Command,
): Promise<void> {
  refuseSelection(options);
  const { openBundle } = await import('../engine/bundle/open.ts');
  const manifest = openBundle(file, workspaceFolder(globalOptions(command)));
  requireFitting(manifest, name, kind);
  await withSession(command, async (session) => {
    const present = await findShare(session, options);
    const id = present === undefined ? await begin(session, manifest, options) : present.id;
    if (present !== undefined) await goOn(session, present, options);
    await foreground(session, id, runLines);
    if (options.journal !== undefined) await session.call('run.export', { id, out: options.journal });
  });
}

/** What is sent is decided by the bundle; another selection in one share would tear a hole into the whole. */
function refuseSelection(options: ShareOptions): void {
  const { from, to, audience, event, user, cause, batch, failedIn, notSent, profile, requireValid, max } =
    options;
  const given = Object.entries({
    from,
    to,
    event,
    user,
    cause,
    batch,
    'failed-in': failedIn,
    profile,
    max,
  }).filter(([, value]) => value !== undefined);
  const names = [
    ...given.map(([option]) => `--${option}`),
    ...(audience.length > 0 ? ['--audience'] : []),
    ...(notSent ? ['--not-sent'] : []),
    ...(requireValid ? ['--require-valid'] : []),
  ];
  if (names.length === 0) return;
  throw new SegueError(
    'USAGE',
    `${names.join(', ')}: the bundle decides what is sent. Give these to segue bundle.`,
    { options: names },
  );
}

function requireFitting(manifest: BundleManifest, name: string | undefined, kind: BundleManifest['kind']) {
  if (manifest.kind !== kind) {
    throw new SegueError('USAGE', `The bundle is a ${manifest.kind}: use ${manifest.kind} start --bundle.`, {
      kind: manifest.kind,
    });
  }
  if (name === undefined || name === manifest.workflow) return;
  throw new SegueError('USAGE', `The bundle is of the workflow "${manifest.workflow}", not "${name}".`, {
    workflow: manifest.workflow,
  });
}

/** The run of this share in this workspace, if there is one. */
async function findShare({ call }: Session, options: ShareOptions): Promise<RunRow | undefined> {
  const wanted = JSON.stringify(options.shard ?? null);
  let cursor: string | null = null;
  do {
    const page: { rows: RunRow[]; next: string | null } = await call('run.list', { cursor, limit: 500 });
    for (const row of page.rows) {
      if (row.dryRun !== options.dryRun || row.kind === 'test') continue;
      const { options: present } = await call('run.show', { id: row.id });
      if (JSON.stringify(present.shard) === wanted) return row;
    }
    cursor = page.next;
  } while (cursor !== null);
  return undefined;
}

async function begin(session: Session, manifest: BundleManifest, options: ShareOptions): Promise<string> {
  const { workflow, kind, selection, profile, requireValid } = manifest;
  const credentials = await credentialsFor(session, workflow);
  const request = requestOf(options);
  const { id } = await session.call(
    'run.start',
    {
      workflow,
      kind,
      selection,
      options: { ...request.options, profile, requireValid },
      ...guardsOf(options),
    },
    given({ credentials }),
  );
  return id;
}

async function goOn(session: Session, run: RunRow, options: ShareOptions): Promise<void> {
  if (run.state !== 'paused' && run.state !== 'interrupted' && run.state !== 'failed') {
    note(`This share has run already: ${run.id}, ${run.state}. Nothing was sent.`);
    return;
  }
  note(`Going on with this share's run ${run.id} (${run.state}).`);
  const credentials = await credentialsFor(session, run.workflow);
  await session.call('run.resume', { id: run.id, ...guardsOf(options) }, given({ credentials }));
}
