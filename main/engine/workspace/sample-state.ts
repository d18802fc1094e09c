import { type Db, readSetting, writeSetting } from '../store/store.ts';

const UNFINISHED = 'sample.unfinished';

/** True when a process ended while it loaded the sample; loading it again goes on where that one stopped. */
export function sampleUnfinished(db: Db): boolean {
  return readSetting(db, UNFINISHED) === 'yes';
}

/** Notes that loading the sample has begun, or is done. */
export function markSampleUnfinished(db: Db, unfinished: boolean): void {
  writeSetting(db, UNFINISHED, unfinished ? 'yes' : 'no');
}
