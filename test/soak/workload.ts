import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../../main/engine/engine.ts';
import type { Sandbox } from '../../main/engine/sandbox/sandbox.ts';
import type { RunRow } from '../../preload/contract/run.ts';

export const QUEUE = 'triggers';
export const WORKFLOW = 'Soak';
const AT = '2026-11-02T00:00:00Z';

/** The queue of one soak: its keys are fixed, so that a process that is killed can be started again with them. */
export const SANDBOX_KEYS = { accessKeyId: 'SEGUESANDBOXSOAK', secretAccessKey: 'soak' };

/** A workspace in a new folder: so many users who enter an audience at one instant, and a workflow to the queue. */
export async function prepareWorkspace(messages: number, sandbox: Sandbox): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'segue-soak-'));
  const queueUrl = await sandbox.createQueue(QUEUE);
  const users = Array.from({ length: messages }, (_, index) => `u${index}`);
  const profiles = join(dir, 'profiles.ndjson');
  const day = join(dir, 'day.csv');
  writeFileSync(profiles, users.map((id) => `{"user_id":"${id}"}\n`).join(''));
  writeFileSync(day, ['user_id,segment\n', ...users.map((id) => `${id},vip\n`)].join(''));
  const engine = await openEngine({ dir: join(dir, 'ws'), assetsDir: '', clock: Date.now });
  try {
    await engine.call('profile.import', { path: profiles });
    await engine.call('snapshot.import', { path: day, at: AT });
    await engine.call('workflow.save', { workflow: { name: WORKFLOW, audiences: ['vip'], queueUrl } });
  } finally {
    await engine.close();
  }
  return join(dir, 'ws');
}

/** What became of every message, as the queue tells it and as the run tells it. */
export interface Findings {
  readonly state: RunRow['state'];
  readonly planned: number;
  readonly sent: number;
  /** Stored by the queue with a wrong checksum, and said so. */
  readonly failed: number;
  readonly parked: number;
  readonly pending: number;
  readonly retries: number;
  /** Planned, not parked, and not in the queue. */
  readonly lost: number;
  /** Messages that the queue has more than once. */
  readonly doubled: number;
  /** Messages that the run says may be there more than once. */
  readonly possible: number;
  /** Doubled, and not named as possible: must be none. */
  readonly unnamed: number;
  readonly seconds: number;
}

/** Compares a run's journal with what the queue holds, message by message. */
export async function compare(dir: string, sandbox: Sandbox): Promise<Findings> {
  const copies = countInQueue(sandbox);
  const engine = await openEngine({ dir, assetsDir: '', clock: Date.now });
  try {
    const { db } = engine.context.store;
    const [row] = (await engine.call('run.list', {})).rows;
    if (row === undefined) throw new Error('The soak left no run.');
    const parked = new Set(db.prepare('SELECT user_id FROM run_message WHERE state = 2').pluck().all());
    const named = new Set(db.prepare('SELECT user_id FROM run_message WHERE doubt = 1').pluck().all());
    const users = db.prepare<[], string>('SELECT user_id FROM run_message').pluck().all();
    const doubled = [...copies].filter(([, count]) => count > 1).map(([user]) => user);
    return {
      state: row.state,
      planned: row.planned,
      sent: row.sent,
      failed: row.failed,
      parked: row.parked,
      pending: row.pending,
      retries: row.retries,
      lost: users.filter((user) => !copies.has(user) && !parked.has(user)).length,
      doubled: doubled.length,
      possible: row.possibleDuplicates,
      unnamed: doubled.filter((user) => !named.has(user)).length,
      seconds: row.seconds,
    };
  } finally {
    await engine.close();
  }
}

/** Looks into the queue without receiving, so that no fault and no visibility timeout is in the way. */
function countInQueue(sandbox: Sandbox): Map<string, number> {
  const copies = new Map<string, number>();
  for (let afterSeq: number | null = 0; afterSeq !== null; ) {
    const page: ReturnType<Sandbox['messages']> = sandbox.messages(QUEUE, { limit: 500, afterSeq });
    for (const { body } of page.rows) {
      const user = /"user_id":"([^"]+)"/.exec(body)?.[1] ?? '';
      copies.set(user, (copies.get(user) ?? 0) + 1);
    }
    afterSeq = page.nextAfterSeq;
  }
  return copies;
}
