/**
 * The workspace that the benchmarks of sending replay: as many profiles of about 400 bytes, each with one change, and a
 * workflow. As a program, `node workspace.ts DIR MESSAGES QUEUE_URL APART_MS`: it is filled in another process, so that its
 * memory is not counted with that of sending.
 */
import { randomBytes } from 'node:crypto';
import { insertChanges } from '../../../main/engine/history/insert.ts';
import { inTransaction, openStore, type Store } from '../../../main/engine/store/store.ts';
import { saveWorkflow } from '../../../main/engine/workflow/store.ts';
import { workflow } from '../../../preload/contract/workflow.ts';

export const WORKFLOW = 'bench';
export const AUDIENCE_HEX_ID = 'a'.repeat(32);
export const SUBSCRIPTION_ID = 'b'.repeat(32);
/** Messages written per transaction. */
const PAGE = 10_000;

/** The stored text of a user's profile. */
export const profileOf = (i: number): string =>
  `{"_created":"2016-06-29T18:50:16.902758229Z","email":"user${i}@example.org","user_id":"user${i}","notes":"${'x'.repeat(300)}"}`;

/** What the workspace of a benchmark is made of; `apartMs` lies between one change and the next, 0 for a single instant. */
export interface BenchData {
  readonly messages: number;
  readonly queueUrl: string;
  readonly apartMs: number;
}

/** Fills an empty store. */
export function fillStore({ db }: Store, { messages, queueUrl, apartMs }: BenchData): void {
  db.prepare("INSERT INTO audience (id, hex_id, slug, name) VALUES (1, ?, 'bench', 'Bench')").run(
    AUDIENCE_HEX_ID,
  );
  const profile = db.prepare('INSERT INTO profile_row (user_id, body, batch_id) VALUES (?, ?, 1)');
  const changeOf = (i: number) => {
    const at = { ms: Date.UTC(2026, 10, 1) + i * apartMs, code: 0 };
    const known = { at, userId: `user${i}`, audienceId: 1, enter: at, exit: null, batch: 1 };
    return { ...known, event: 'enter' as const, cause: 'snapshot' as const };
  };
  for (let from = 0; from < messages; from += PAGE) {
    const numbers = Array.from({ length: Math.min(PAGE, messages - from) }, (_, n) => from + n);
    inTransaction(db, () => {
      for (const i of numbers) profile.run(`user${i}`, profileOf(i));
      insertChanges(db, numbers.map(changeOf));
    });
  }
  saveWorkflow(
    db,
    workflow.parse({ name: WORKFLOW, audiences: ['bench'], queueUrl, subscriptionId: SUBSCRIPTION_ID }),
    undefined,
    { nowMs: 0, newId: () => randomBytes(16).toString('hex') },
  );
}

if (import.meta.main) {
  const [dir = '', messages, queueUrl = '', apartMs] = process.argv.slice(2);
  const store = openStore(dir);
  fillStore(store, { messages: Number(messages), queueUrl, apartMs: Number(apartMs) });
  store.close();
}
