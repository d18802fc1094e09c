import type { DomainHandlers, EngineContext } from '../context.ts';
import { countChanges } from '../history/change-sql.ts';
import { MIGRATIONS } from '../store/migrations/index.ts';
import { type Db, readSetting } from '../store/store.ts';
import { examineWorkspace } from './doctor.ts';
import { sizeOnDisk } from './store-size.ts';
import { backupInThread } from './store-thread.ts';

/** Answers `workspace.*`. */
export function createWorkspaceHandlers(engine: EngineContext): DomainHandlers<'workspace'> {
  const { store } = engine;
  return {
    info: () => ({
      dir: store.dir,
      keyField: readSetting(store.db, 'key_field') ?? 'user_id',
      schemaVersion: MIGRATIONS.length,
      profiles: countRows(store.db, 'profile'),
      audiences: countRows(store.db, 'audience'),
      changes: countChanges(store.db),
      workflows: countRows(store.db, 'workflow'),
      sizeBytes: sizeOnDisk(store.file),
    }),
    doctor: (_input, context) => examineWorkspace(engine, context),
    backup: ({ out }, context) => backupInThread(store.file, out, context),
    async loadSample(_input, context) {
      const { loadSample } = await import('./sample.ts');
      return loadSample(engine, context);
    },
  };
}

function countRows(db: Db, table: 'profile' | 'audience' | 'workflow'): number {
  return db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
}
