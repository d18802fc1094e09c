import type { ChangeCause } from '../../preload/contract/values.ts';

/** Why a change happened, in words. */
export const causeWords: Record<ChangeCause, string> = {
  snapshot: 'snapshot',
  profile: 'profile import',
  archive: 'archived message',
  event: 'data event',
  rule: 'rule edit',
  clock: 'clock',
};
