import { profilesAndHistory } from './0001-profiles-and-history.ts';
import { workflows } from './0002-workflows.ts';
import { memberships } from './0003-memberships.ts';
import { runs } from './0004-runs.ts';
import { ruleTimers } from './0005-rule-timers.ts';
import { live } from './0006-live.ts';
import { versionAge } from './0007-version-age.ts';
import { snapshotUserIndex } from './0008-snapshot-user-index.ts';
import { runChanges } from './0009-run-changes.ts';
import { bodyHash } from './0010-body-hash.ts';
import { looseSegments } from './0011-loose-segments.ts';
import { profileHashIndex } from './0012-profile-hash-index.ts';
import { clockUserIndex } from './0013-clock-user-index.ts';
import { doubtfulChanges } from './0014-doubtful-changes.ts';
import { runErrors } from './0015-run-errors.ts';
import { profileHashPages } from './0016-profile-hash-pages.ts';
import { batchIndex } from './0017-batch-index.ts';
import { rulePlans } from './0018-rule-plans.ts';
import { changeBlocks } from './0019-change-blocks.ts';
import { changePacks } from './0020-change-packs.ts';
import { profilePacks } from './0021-profile-packs.ts';
import { changeSweeps } from './0022-change-sweeps.ts';
import { changedBodies } from './0023-changed-bodies.ts';

/**
 * Every migration in order; the position is the schema version that it leads to. A migration that has shipped is never
 * edited: add the next one, with a test that starts from the version before (CONTRIBUTING, "Add a migration").
 */
export const MIGRATIONS: readonly { name: string; sql: string }[] = [
  { name: '0001-profiles-and-history', sql: profilesAndHistory },
  { name: '0002-workflows', sql: workflows },
  { name: '0003-memberships', sql: memberships },
  { name: '0004-runs', sql: runs },
  { name: '0005-rule-timers', sql: ruleTimers },
  { name: '0006-live', sql: live },
  { name: '0007-version-age', sql: versionAge },
  { name: '0008-snapshot-user-index', sql: snapshotUserIndex },
  { name: '0009-run-changes', sql: runChanges },
  { name: '0010-body-hash', sql: bodyHash },
  { name: '0011-loose-segments', sql: looseSegments },
  { name: '0012-profile-hash-index', sql: profileHashIndex },
  { name: '0013-clock-user-index', sql: clockUserIndex },
  { name: '0014-doubtful-changes', sql: doubtfulChanges },
  { name: '0015-run-errors', sql: runErrors },
  { name: '0016-profile-hash-pages', sql: profileHashPages },
  { name: '0017-batch-index', sql: batchIndex },
  { name: '0018-rule-plans', sql: rulePlans },
  { name: '0019-change-blocks', sql: changeBlocks },
  { name: '0020-change-packs', sql: changePacks },
  { name: '0021-profile-packs', sql: profilePacks },
  { name: '0022-change-sweeps', sql: changeSweeps },
  { name: '0023-changed-bodies', sql: changedBodies },
];
