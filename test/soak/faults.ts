import { openEngine } from '../../main/engine/engine.ts';
import { openSdkClient } from '../../main/engine/queue/sdk-client.ts';
import { criteriaOf } from '../../main/engine/run/criteria.ts';
import { openJournal } from '../../main/engine/run/journal.ts';
import { materialise } from '../../main/engine/run/materialise.ts';
import { insertRun, requireRun } from '../../main/engine/run/run-store.ts';
import { beginSession } from '../../main/engine/run/session.ts';
import type { FaultSpec } from '../../main/engine/sandbox/fault-spec.ts';
import { startSandbox } from '../../main/engine/sandbox/sandbox.ts';
import { requireWorkflow } from '../../main/engine/workflow/store.ts';
import { runOptions, runSelection } from '../../preload/contract/run.ts';
import { compare, type Findings, prepareWorkspace, SANDBOX_KEYS, WORKFLOW } from './workload.ts';

export interface FaultSoak {
  readonly messages: number;
  /** About how many faults are met on the way. */
  readonly faults: number;
  readonly seed: number;
}

/** Shorter than the engine's own 20 s, so that a delay beyond it costs no more than a moment. */
const REQUEST_TIMEOUT_MS = 300;
const DELAY_MS = 600;
const KINDS = 8;
const BATCH = 10;

/**
 * A replay through random faults of every kind: throttling, errors before and after the request was carried out,
 * connections reset before and replies dropped after, half-failed batches, replies later than the timeout, wrong MD5s.
 */
export async function soakFaults({ messages, faults, seed }: FaultSoak) {
  const sandbox = await startSandbox(SANDBOX_KEYS);
  try {
    const dir = await prepareWorkspace(messages, sandbox);
    sandbox.setFaults(specFor(faults / (messages / BATCH) / KINDS, seed));
    await replay(dir, sandbox.queueUrl('triggers'));
    const met = { ...sandbox.stats.faults };
    sandbox.setFaults({});
    const findings: Findings = await compare(dir, sandbox);
    return { ...findings, faults: met, met: Object.values(met).reduce((sum, count) => sum + count, 0) };
  } finally {
    await sandbox.close();
  }
}

function specFor(share: number, seed: number): FaultSpec {
  return {
    seed,
    throttle: share,
    error: share,
    errorAfter: share,
    reset: share,
    drop: share,
    md5: share,
    partial: share / BATCH,
    delay: { ms: DELAY_MS, rate: share },
  };
}

async function replay(dir: string, queueUrl: string): Promise<void> {
  const engine = await openEngine({ dir, assetsDir: '', clock: Date.now });
  const { store } = engine.context;
  try {
    const workflow = requireWorkflow(store.db, WORKFLOW);
    const selection = runSelection.parse({});
    const run = insertRun(store.db, {
      key: engine.context.newId(),
      kind: 'replay',
      workflow,
      selection,
      options: runOptions.parse({}),
      nowMs: Date.now(),
    });
    await materialise(
      store,
      run.id,
      'replay',
      criteriaOf(store.db, workflow, selection, null),
      { ms: Date.now(), code: 0 },
      { max: null, signal: new AbortController().signal },
    );
    const client = await openSdkClient(
      { queueUrl, region: 'us-east-1', credentials: SANDBOX_KEYS },
      { sockets: run.concurrency, requestTimeoutMs: REQUEST_TIMEOUT_MS },
    );
    const connection = { client, facts: await client.facts() };
    const journal = await openJournal(store.file, run.id);
    await beginSession(engine.context, requireRun(store.db, run.key), connection, journal).ended;
  } finally {
    await engine.close();
  }
}
