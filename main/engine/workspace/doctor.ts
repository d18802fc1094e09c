import type { z } from 'zod';
import type { check } from '../../../preload/contract/workspace.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { count } from '../core/count.ts';
import { toErrorShape } from '../core/errors.ts';
import { retentionState } from '../retention/state.ts';
import { MIGRATIONS } from '../store/migrations/index.ts';
import { sizeOnDisk } from './store-size.ts';
import { checkIntegrity } from './store-thread.ts';

type Check = z.infer<typeof check>;

/** Looks at everything a person would ask for in a report of a fault: versions, integrity, sizes, the sandbox queue. */
export async function examineWorkspace(
  engine: EngineContext,
  context: Pick<CallContext, 'signal' | 'progress'>,
): Promise<{ ok: boolean; checks: Check[] }> {
  const { db, dir, file } = engine.store;
  const integrity = await checkIntegrity(file, context);
  const sqlite = db.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? 'unknown';
  const checks: Check[] = [
    { name: 'Node', ok: true, value: process.version, advice: null },
    { name: 'SQLite', ok: true, value: sqlite, advice: null },
    { name: 'Workspace', ok: true, value: dir, advice: null },
    { name: 'Schema', ok: true, value: `version ${MIGRATIONS.length}`, advice: null },
    { name: 'Store size', ok: true, value: sizeText(engine), advice: null },
    examineVersions(engine),
    {
      name: 'Integrity',
      ok: integrity === 'ok',
      value: integrity,
      advice: integrity === 'ok' ? null : 'Restore the last backup; keep this file for examination.',
    },
    await examineSandbox(engine),
  ];
  return { ok: checks.every(({ ok }) => ok), checks };
}

function sizeText({ store: { db, file } }: EngineContext): string {
  const freeBytes =
    Number(db.pragma('freelist_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
  const free = freeBytes === 0 ? '' : `, ${count(freeBytes)} of them free for what comes next`;
  return `${count(sizeOnDisk(file))} bytes${free}`;
}

function examineVersions({ store: { db }, clock }: EngineContext): Check {
  const { days, versions, oldestReplacedAt, prunable, prunableBytes } = retentionState(db, clock());
  const oldest = oldestReplacedAt === null ? '' : `, the oldest replaced at ${oldestReplacedAt}`;
  return {
    name: 'Older profile versions',
    ok: true,
    value: `${count(versions)}${oldest}; kept ${days === null ? 'forever' : `for ${count(days)} days`}`,
    advice:
      prunable === 0
        ? null
        : `${count(prunable)} of them past the retention, about ${count(prunableBytes)} bytes: segue retention prune`,
  };
}

async function examineSandbox(engine: EngineContext): Promise<Check> {
  try {
    const { endpoint } = await engine.sandbox();
    return { name: 'Sandbox queue', ok: true, value: endpoint, advice: null };
  } catch (error) {
    return {
      name: 'Sandbox queue',
      ok: false,
      value: toErrorShape(error).message,
      advice: 'Free the port or the file it names.',
    };
  }
}
