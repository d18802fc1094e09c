import { openStore } from '../../../main/engine/store/store.ts';
import { withoutLog } from '../../../main/engine/store/without-log.ts';

/** Changes a setting without the log, in a transaction larger than the cache, and is killed in the middle of it. */
const { db } = openStore(process.argv[2] ?? '');
withoutLog(db);
db.pragma('cache_size = 10');
db.exec('BEGIN IMMEDIATE');
db.prepare(`UPDATE setting SET value = ? WHERE name = 'kept'`).run('changed'.repeat(100_000));
process.stdout.write(String(db.pragma('journal_mode', { simple: true })), () =>
  process.kill(process.pid, 'SIGKILL'),
);
