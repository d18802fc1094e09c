import type Database from 'better-sqlite3';
import { bucketOfHash, hashOf } from '../membership/key.ts';
import { printOf, unpack } from './pack.ts';

/**
 * Gives a connection the functions that the views of packed changes call: `unpacked (body, first_seq, user_id)` with a pack's
 * changes, of one user where one is named, and `wanted_user (user_id)` with where to look for a user's packs. Neither asks the
 * database anything, which cannot be done within a statement. A row that comes this way costs some microseconds, so what reads
 * many unpacks them by itself.
 */
export function addUnpacking(db: Database.Database): void {
  db.table('unpacked', {
    columns: ['seq', 'user_id', 'audience_id', 'event', 'enter_ms', 'enter_code'],
    parameters: ['body', 'first_seq', 'only'],
    *rows(body: unknown, firstSeq: unknown, only: unknown) {
      if (!(body instanceof Uint8Array)) return;
      const wanted = { userId: typeof only === 'string' ? only : undefined };
      yield* unpack(body, wanted, ({ place, userId, audienceId, event, enter }) => [
        Number(firstSeq) + place,
        userId,
        audienceId,
        event,
        enter.ms,
        enter.code,
      ]);
    },
  });
  db.table('wanted_user', {
    columns: ['bucket', 'print'],
    parameters: ['user_id'],
    *rows(userId: unknown) {
      if (typeof userId !== 'string') return;
      const hash = hashOf(userId);
      yield [bucketOfHash(hash), printOf(hash)];
    },
  });
}
