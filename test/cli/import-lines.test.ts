import { expect, it } from 'vitest';
import { snapshotLines } from '../../main/cli/import-lines.ts';
import type { ImportResult } from '../../preload/contract/profile.ts';

const result = (rejected: number): ImportResult => ({
  batch: 1,
  dryRun: false,
  profiles: { read: 2, created: 0, updated: 0, unchanged: 0, duplicates: 0 },
  changes: { entered: 1, exited: 1, changed: 0 },
  audiencesCreated: [],
  rejected,
  rejectFile: rejected === 0 ? null : 'rejects/1.ndjson',
  firstRejects: [],
  bytes: 10,
  seconds: 1,
});

it('says that rejected lines can make users leave, where absent users do', () => {
  const warning = expect.stringContaining('counts as absent');
  expect(snapshotLines(result(1), false)).toContainEqual(warning);
  expect(snapshotLines(result(1), true)).not.toContainEqual(warning);
  expect(snapshotLines(result(0), false)).not.toContainEqual(warning);
});
