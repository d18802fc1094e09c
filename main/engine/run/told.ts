import { CODE_PER_NANO } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { STATE_CODES } from './journal.ts';

/** Joins the message that tells a change to `told`, a row of `run_change` or `run_change_undone`. */
export const TOLD_MESSAGE =
  'JOIN run_message AS message ON message.run_id = told.run_id AND message.n = told.n';
/** The queue has said that it stored the message, also where it then answered a wrong checksum. */
const STORED = `(message.state = ${STATE_CODES.sent} OR message.message_id <> zeroblob(16))`;
const SAME_CHANGE = `told.at_ms = change.at_ms AND told.user_id = change.user_id
  AND told.at_code / ${CODE_PER_NANO} = change.at_code / ${CODE_PER_NANO}
  AND told.audience_id = change.audience_id AND told.event = change.event`;

/**
 * SQL that says of a row of `change` whether these runs have sent it, and whether it may have arrived without an answer: then
 * it is not sent but in doubt. A change of an import that was undone and made again is the same change.
 */
export function toldBy(db: Db, runIds: readonly number[]): { sent: string; inDoubt: string } {
  const anyUndone = db.prepare('SELECT 1 FROM run_change_undone LIMIT 1').get() !== undefined;
  const told = (what: string) => {
    const having = `${TOLD_MESSAGE} WHERE told.run_id IN (${runIds.join(',')}) AND ${what}`;
    const present = `EXISTS (SELECT 1 FROM run_change AS told ${having} AND told.seq = change.seq)`;
    if (!anyUndone) return present;
    return `(${present} OR EXISTS (SELECT 1 FROM run_change_undone AS told ${having} AND ${SAME_CHANGE}))`;
  };
  return { sent: told(STORED), inDoubt: told('message.doubt = 1') };
}

/** SQL that says of a row of `change` whether it was in doubt where its bundle was made; undefined where none was. */
export function carriedDoubt(db: Db): string | undefined {
  if (db.prepare('SELECT 1 FROM doubtful_change LIMIT 1').get() === undefined) return undefined;
  return 'change.seq IN (SELECT seq FROM doubtful_change)';
}
