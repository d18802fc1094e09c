import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { createAudienceHandlers } from '../../main/engine/audience/handlers.ts';
import type { CallContext, EngineContext } from '../../main/engine/context.ts';
import { createHistoryHandlers } from '../../main/engine/history/handlers.ts';
import { createProfileHandlers } from '../../main/engine/profile/handlers.ts';
import { openStore } from '../../main/engine/store/store.ts';
import type { ImportResult } from '../../preload/contract/profile.ts';

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/**
 * A store in a new folder with the handlers of what imports write, and a folder for files to import.
 *
 * @param prepare makes the database file before it is opened
 */
export function openWorkspace(
  startMs = Date.UTC(2026, 10, 23, 9),
  prepare: (databaseFile: string) => void = () => undefined,
) {
  const base = mkdtempSync(join(tmpdir(), 'segue-import-'));
  mkdirSync(join(base, 'workspace'));
  prepare(join(base, 'workspace', 'segue.db'));
  const store = openStore(join(base, 'workspace'));
  opened.push(() => store.close());
  mkdirSync(join(base, 'files'));
  let nowMs = startMs;
  const context: EngineContext = {
    store,
    clock: () => nowMs,
    newId: () => '0'.repeat(32),
    assetsDir: '',
    sandbox: () => Promise.reject(new Error('not part of an import')),
    emit: () => undefined,
  };
  const call: CallContext = { signal: new AbortController().signal, progress: () => undefined };
  const profile = createProfileHandlers(context);
  const alone = createProfileHandlers(context, false);
  const history = createHistoryHandlers(context);
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(base, 'files', name);
    writeFileSync(path, content);
    return path;
  };
  return {
    db: store.db,
    dir: store.dir,
    base,
    context,
    call,
    profile,
    history,
    audience: createAudienceHandlers(context),
    file,
    setClock: (ms: number) => {
      nowMs = ms;
    },
    /** Imports profiles from text; `name` decides the format. */
    importText: async (
      name: string,
      content: string | Uint8Array,
      options: { replace?: boolean; at?: string; strict?: boolean; key?: string } = {},
    ): Promise<ImportResult> =>
      profile.import({ path: file(name, content), replace: false, strict: false, ...options }, call),
    /** The same as by command, where nobody else uses the store. */
    importAlone: async (
      name: string,
      content: string | Uint8Array,
      options: { replace?: boolean; at?: string } = {},
    ): Promise<ImportResult> =>
      alone.import({ path: file(name, content), replace: false, strict: false, ...options }, call),
    archiveText: async (name: string, content: string, strict = false): Promise<ImportResult> =>
      history.import({ path: file(name, content), strict }, call),
  };
}

/** Every row of the tables that an import writes, for comparing a store before and after. */
export function dump(db: EngineContext['store']['db']): Record<string, unknown[]> {
  const tables = [
    'profile_version',
    'profile_batch',
    'audience',
    'audience_replaced',
    'change',
    'change_pack',
    'change_pack_list',
    'change_sweep',
    'recorded_message',
  ];
  // Whether a profile stands in a pack or is a row makes no difference to what the store has.
  const profiles = 'SELECT id, user_id, body, from_ms, from_code, batch_id FROM profile ORDER BY id';
  return {
    profile: db.prepare(profiles).all(),
    ...Object.fromEntries(tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all()])),
  };
}
