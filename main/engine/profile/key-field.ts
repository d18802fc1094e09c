import { type Db, readSetting } from '../store/store.ts';

/** The profile field whose text identifies users in this workspace: `user_id` unless the first import named another. */
export function keyFieldOf(db: Db): string {
  return readSetting(db, 'key_field') ?? 'user_id';
}
