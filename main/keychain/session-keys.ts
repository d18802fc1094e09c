import type { Credentials } from '../engine/context.ts';
import type { NewAuthorization, SavedAuthorization } from './keychain.ts';

/** Keys that live in this process's memory until it ends. */
export interface SessionKeys {
  add(authorization: NewAuthorization): SavedAuthorization;
  list(): SavedAuthorization[];
  get(name: string): Credentials | undefined;
  remove(name: string): boolean;
}

/** An empty set of session-only keys. */
export function createSessionKeys(now: () => Date = () => new Date()): SessionKeys {
  const entries = new Map<string, { shown: SavedAuthorization; keys: Credentials }>();
  return {
    add({ name, description, accessKeyId, secretAccessKey, sessionToken }) {
      const shown = { name, accessKeyId, description, createdAt: now().toISOString() };
      const keys = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
      entries.set(name, { shown, keys });
      return shown;
    },
    list: () => [...entries.values()].map(({ shown }) => shown),
    get: (name) => entries.get(name)?.keys,
    remove: (name) => entries.delete(name),
  };
}
