import type { z } from 'zod';
import type { check } from '../../../preload/contract/workspace.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { toErrorShape } from '../core/errors.ts';
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
  const versions = db.prepare<[], number>('SELECT count(*) FROM profile_version').pluck().get() ?? 0;
  const checks: Check[] = [
    { name: 'Node', ok: true, value: process.version, advice: null },
    { name: 'SQLite', ok: true, value: sqlite, advice: null },
    { name: 'Workspace', ok: true, value: dir, advice: null },
    { name: 'Schema', ok: true, value: `version ${MIGRATIONS.length}`, advice: null },
    { name: 'Store size', ok: true, value: `${sizeOnDisk(file).toLocaleString('en')} bytes`, advice: null },
    { name: 'Older profile versions', ok: true, value: versions.toLocaleString('en'), advice: null },
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
