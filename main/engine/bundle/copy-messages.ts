import { formatInstant, type Instant } from '../core/instant.ts';
import { changeByNumber } from '../history/change-sql.ts';
import { addToCount, putLive } from '../membership/live-rows.ts';
import { membershipsOf } from '../membership/membership.ts';
import type { MembershipContent } from '../run/content.ts';
import type { PlannedMessage } from '../run/messages-of.ts';
import type { Db } from '../store/store.ts';
import { createMessageDigest } from './digest.ts';

const CHANGE =
  'seq, at_ms, at_code, user_id, audience_id, event, enter_ms, enter_code, exit_ms, exit_code, cause, batch_id, recorded_id';

/** Copies what messages are made of, and counts them. */
export interface MessageCopier {
  /** Copies a message's changes with their archived text and whether it may have arrived, or the memberships of a backfill's. */
  copy(message: PlannedMessage): void;
  /** Copies every membership of a user, for `segments_all`. */
  memberships(userId: string): void;
  messages(): number;
  digest(): string;
}

export function createMessageCopier(from: Db, to: Db): MessageCopier {
  const readChange = from.prepare<[number, number, number], object>(changeByNumber(CHANGE));
  const writeChange = to.prepare(
    `INSERT INTO change (${CHANGE}) VALUES (${CHANGE.split(', ')
      .map((name) => `@${name}`)
      .join(', ')})`,
  );
  const readRecorded = from.prepare<[number], object>(
    'SELECT id, body, batch_id FROM recorded_message WHERE id = ?',
  );
  const writeRecorded = to.prepare(
    'INSERT OR IGNORE INTO recorded_message (id, body, batch_id) VALUES (@id, @body, @batch_id)',
  );
  const writeDoubt = to.prepare('INSERT OR IGNORE INTO doubtful_change VALUES (?)');
  const digest = createMessageDigest();
  let messages = 0;

  const member = (userId: string, { audienceId, enteredAt }: MembershipContent) => {
    putLive(to, userId, audienceId, enteredAt);
    addToCount(to, audienceId, 1);
  };

  return {
    copy(message) {
      messages += 1;
      digest.add(message.userId, formatInstant(message.at));
      if ('memberships' in message) {
        for (const one of message.memberships) member(message.userId, one);
        return;
      }
      for (const { seq } of message.changes) {
        writeChange.run(readChange.get(seq, seq, seq));
        if (message.doubt) writeDoubt.run(seq);
      }
      if (message.recordedId !== null) writeRecorded.run(readRecorded.get(message.recordedId));
    },
    memberships(userId) {
      const present = new Set(membershipsOf(to, userId).map(({ audienceId }) => audienceId));
      for (const one of membershipsOf(from, userId)) {
        if (!present.has(one.audienceId)) member(userId, one);
      }
    },
    messages: () => messages,
    digest: digest.value,
  };
}

const USERS_PER_PAGE = 500;

/** The users of a bundle's changes, each with the instants of their messages; page by page, so that the caller may write. */
export function* usersOfChanges(db: Db): Generator<{ userId: string; instants: Instant[] }, void, void> {
  db.exec('CREATE INDEX change_user ON change (user_id)');
  const page = db
    .prepare<[string], string>(
      `SELECT DISTINCT user_id FROM change INDEXED BY change_user WHERE user_id > ? ORDER BY user_id LIMIT ${USERS_PER_PAGE}`,
    )
    .pluck();
  const instants = db.prepare<[string], Instant>(
    'SELECT at_ms AS ms, at_code AS code FROM change INDEXED BY change_user WHERE user_id = ?',
  );
  for (let users = page.all(''); users.length > 0; users = page.all(users.at(-1) ?? '')) {
    for (const userId of users) yield { userId, instants: instants.all(userId) };
  }
  db.exec('DROP INDEX change_user');
}
