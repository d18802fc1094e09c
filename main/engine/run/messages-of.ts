import type { RunKind } from '../../../preload/contract/run.ts';
import { SegueError } from '../core/errors.ts';
import { compareInstants, type Instant, requireInstant } from '../core/instant.ts';
import { members } from '../membership/membership.ts';
import type { Db } from '../store/store.ts';
import type { SelectedChange } from './change-reader.ts';
import type { MembershipContent } from './content.ts';
import { type Criteria, inShard } from './criteria.ts';
import { failedMessages } from './earlier-runs.ts';
import { selectMessages } from './selection.ts';

/** A message that a run will have. `doubt` when an earlier run may have sent it already. */
export type PlannedMessage = {
  readonly userId: string;
  readonly at: Instant;
  readonly doubt: boolean;
} & (
  | { readonly changes: readonly SelectedChange[]; readonly recordedId: number | null }
  | { readonly memberships: readonly MembershipContent[] }
);

/**
 * The messages of a replay or a backfill in the order of sending; undefined where some were looked at and left out, so that
 * the reader comes to breathe. Wants a read connection of its own, see {@link selectMessages}.
 */
export function* messagesOf(
  db: Db,
  kind: Exclude<RunKind, 'test' | 'live'>,
  criteria: Criteria,
  now: Instant,
): Generator<PlannedMessage | undefined, void, void> {
  if (kind === 'backfill') {
    yield* backfill(db, criteria, now);
    return;
  }
  yield* criteria.failedIn === undefined
    ? selectMessages(db, criteria)
    : failedMessages(db, criteria.failedIn, criteria);
}

/** Everyone now in the audiences, one `enter` message each with all of them, at the present instant. */
function* backfill(db: Db, criteria: Criteria, now: Instant): Generator<PlannedMessage, void, void> {
  const { filter } = criteria;
  if (filter.cause !== undefined || filter.batch !== undefined) {
    throw new SegueError(
      'INVALID_INPUT',
      'A backfill sends who is in the audiences now; it has no cause or batch.',
    );
  }
  if (filter.notSent || filter.failedIn !== undefined) {
    throw new SegueError(
      'INVALID_INPUT',
      'A backfill sends who is in the audiences now, whatever was sent before. Choose what was not sent yet, or failed in a run, for a replay.',
    );
  }
  if (!criteria.events.includes('enter')) {
    throw new SegueError(
      'INVALID_INPUT',
      'A backfill sends enter events, which this workflow or selection leaves out.',
    );
  }
  const from = filter.from === undefined ? undefined : requireInstant(filter.from, 'from');
  const to = filter.to === undefined ? undefined : requireInstant(filter.to, 'to');
  let userId: string | undefined;
  let memberships: MembershipContent[] = [];
  const message = (user: string) => ({
    userId: user,
    at: now,
    memberships,
    doubt: false,
  });
  for (const member of members(db, criteria.audienceIds)) {
    if (filter.userId !== undefined && member.userId !== filter.userId) continue;
    if (!inShard(member.userId, criteria.shard)) continue;
    if (from !== undefined && compareInstants(member.enteredAt, from) < 0) continue;
    if (to !== undefined && compareInstants(member.enteredAt, to) >= 0) continue;
    if (member.userId !== userId) {
      if (userId !== undefined) yield message(userId);
      userId = member.userId;
      memberships = [];
    }
    memberships.push({ audienceId: member.audienceId, enteredAt: member.enteredAt });
  }
  if (userId !== undefined) yield message(userId);
}
