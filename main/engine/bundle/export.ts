import { rmSync, statSync } from 'node:fs';
import type { BundleManifest, bundleCalls } from '../../../preload/contract/bundle.ts';
import type { OutputOf, ParsedInputOf } from '../../../preload/contract/call.ts';
import { historyFilter } from '../../../preload/contract/history.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { formatInstant, type Instant, instantOfMs } from '../core/instant.ts';
import { foldLiveIfMany } from '../membership/fold.ts';
import { partialName, publish, refuseSameFile, writeFault } from '../output/whole-file.ts';
import { type Criteria, criteriaOf } from '../run/criteria.ts';
import { messagesOf } from '../run/messages-of.ts';
import { inSlices } from '../run/slices.ts';
import {
  type Db,
  inTransaction,
  openConnection,
  openDatabase,
  readSetting,
  writeSetting,
} from '../store/store.ts';
import { parseQueueUrl } from '../workflow/queue-url.ts';
import { requireWorkflow, saveWorkflow } from '../workflow/store.ts';
import { createMessageCopier, usersOfChanges } from './copy-messages.ts';
import { createProfileCopier } from './copy-profiles.ts';
import { BUNDLE_VERSION, writeManifest } from './manifest.ts';

type ExportRequest = ParsedInputOf<typeof bundleCalls.export>;

/** Messages, or users, copied per transaction. */
const PAGE = 200;

/**
 * Writes a bundle: a store with nothing but what the selected messages are made of (DESIGN §8, outgrowing one machine).
 * It holds the workflow, the selection, the names of the audiences, changes with their archived texts, the versions of
 * profiles that are needed, and memberships where a message tells them; no rules, no keys, no other workflow, and no
 * consent that was given here. Reads one consistent state; the file appears under its name when it is whole. What was not
 * sent yet, or failed in a run, is decided here and now, by the journals that only this workspace has.
 *
 * @throws WORKFLOW_INVALID for a queue of the embedded sandbox, which no other machine reaches; FILE_UNWRITABLE,
 * DISK_FULL, CANCELLED, and what criteriaOf and messagesOf throw
 */
export async function exportBundle(
  engine: EngineContext,
  request: ExportRequest,
  context: CallContext,
): Promise<OutputOf<typeof bundleCalls.export>> {
  const { store } = engine;
  const workflow = requireWorkflow(store.db, request.workflow);
  refuseEmbedded(workflow);
  const criteria = criteriaOf(store.db, workflow, request.selection, null);
  refuseSameFile(request.out, store.file);
  const partial = partialName(request.out);
  const at = instantOfMs(engine.clock());
  const reader = openConnection(store.file, 'read');
  try {
    const bundle = openDatabase(partial);
    const id = engine.newId();
    let filled: Filled;
    try {
      // Nobody else sees the file, and a half-written one is removed, so nothing needs to survive a crash.
      bundle.pragma('journal_mode = MEMORY');
      bundle.pragma('synchronous = OFF');
      reader.exec('BEGIN');
      copyNames(engine, reader, bundle, workflow);
      filled = await fill({ reader, bundle, workflow, request, criteria, at }, context);
      writeManifest(bundle, {
        version: BUNDLE_VERSION,
        id,
        createdAt: formatInstant(at),
        workflow: workflow.name,
        kind: request.kind,
        selection: historyFilter.parse(request.selection),
        ...request.options,
        messages: filled.messages,
        digest: filled.digest,
      } satisfies BundleManifest);
      bundle.pragma('journal_mode = DELETE');
    } finally {
      bundle.close();
    }
    await publish(partial, request.out);
    return {
      id,
      file: request.out,
      bytes: statSync(request.out).size,
      messages: filled.messages,
      users: filled.users,
    };
  } catch (error) {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${partial}${suffix}`, { force: true });
    throw writeFault(error, request.out);
  } finally {
    reader.close();
  }
}

function refuseEmbedded({ name, queueUrl }: Workflow): void {
  if (parseQueueUrl(queueUrl).kind !== 'sandbox') return;
  throw new SegueError(
    'WORKFLOW_INVALID',
    `The workflow "${name}" sends to this workspace's own sandbox queue (${queueUrl}), which no other machine reaches. Give it a queue URL first.`,
    { workflow: name, field: 'queueUrl' },
  );
}

interface Filled {
  readonly messages: number;
  readonly users: number;
  readonly digest: string;
}

interface FillTools {
  readonly reader: Db;
  readonly bundle: Db;
  readonly workflow: Workflow;
  readonly request: ExportRequest;
  readonly criteria: Criteria;
  readonly at: Instant;
}

async function fill(
  { reader, bundle, workflow, request, criteria, at }: FillTools,
  { signal, progress }: CallContext,
): Promise<Filled> {
  const copier = createMessageCopier(reader, bundle);
  const copyProfile = createProfileCopier(reader, bundle);
  let users = 0;
  const report = (phase: string, done: number) =>
    progress({
      phase,
      done,
      total: null,
      unit: 'messages',
      rows: done,
      perSecond: 0,
      secondsLeft: null,
    });
  const user = (userId: string, instants: readonly Instant[]) => {
    users += 1;
    copyProfile(userId, instants);
    if (workflow.segmentsAll) copier.memberships(userId);
  };
  await inSlices(
    messagesOf(reader, request.kind, criteria, at),
    PAGE,
    (page) => {
      inTransaction(bundle, () => {
        for (const message of page) {
          copier.copy(message);
          // A backfill has one message a user, built from the present profile.
          if ('memberships' in message) user(message.userId, []);
        }
      });
      report('copying messages', copier.messages());
    },
    signal,
  );
  await inSlices(
    usersOfChanges(bundle),
    PAGE,
    (page) => {
      inTransaction(bundle, () => {
        for (const { userId, instants } of page) {
          user(userId, request.options.profile === 'current' ? [] : instants);
        }
      });
      report('copying profiles', users);
    },
    signal,
  );
  foldLiveIfMany(bundle);
  return { messages: copier.messages(), users, digest: copier.digest() };
}

/** Audiences keep their row ids, which changes refer to; their rules stay behind, as a bundle's changes are all there are. */
function copyNames(engine: EngineContext, reader: Db, bundle: Db, workflow: Workflow): void {
  inTransaction(bundle, () => {
    const audience = bundle.prepare('INSERT INTO audience (id, hex_id, slug, name) VALUES (?, ?, ?, ?)');
    for (const row of reader
      .prepare<[], [number, string, string, string]>('SELECT id, hex_id, slug, name FROM audience')
      .raw()
      .all()) {
      audience.run(row);
    }
    saveWorkflow(bundle, workflow, undefined, { nowMs: engine.clock(), newId: engine.newId });
    const keyField = readSetting(reader, 'key_field');
    if (keyField !== undefined) writeSetting(bundle, 'key_field', keyField);
    // An import into the opened bundle must not get a number that copied changes carry: undoing it would remove them.
    const lastBatch = reader.prepare<[], number | null>('SELECT max(id) FROM batch').pluck().get() ?? 0;
    bundle.prepare("INSERT INTO sqlite_sequence VALUES ('batch', ?)").run(lastBatch);
  });
}
