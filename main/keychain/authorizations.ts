import type { AuthorizationRow } from '../../preload/contract/authorization.ts';
import type { Credentials } from '../engine/context.ts';
import { SegueError } from '../engine/core/errors.ts';
import { type Keychain, type NewAuthorization, refuseReservedName } from './keychain.ts';
import type { SessionKeys } from './session-keys.ts';

/** The window's authorizations: those in the keychain and those of this session, as one list. */
export interface Authorizations {
  list(): Promise<{ rows: AuthorizationRow[]; keychain: { available: boolean; reason: string | null } }>;
  add(authorization: NewAuthorization, sessionOnly: boolean): Promise<AuthorizationRow>;
  remove(name: string): Promise<void>;
  /** @throws AUTHORIZATION_NOT_FOUND, KEYCHAIN_UNAVAILABLE */
  credentials(name: string): Promise<Credentials>;
}

/** Joins the keychain and the session's keys; a session-only authorization goes before a saved one of its name. */
export function createAuthorizations(keychain: Keychain, session: SessionKeys): Authorizations {
  return {
    async list() {
      const inSession = session.list().map((row) => ({ ...row, storage: 'session' as const }));
      const shadowed = new Set(inSession.map(({ name }) => name));
      try {
        const saved = await keychain.list();
        const rows = saved
          .filter(({ name }) => !shadowed.has(name))
          .map((row) => ({ ...row, storage: 'keychain' as const }));
        return { rows: [...inSession, ...rows], keychain: { available: true, reason: null } };
      } catch (error) {
        if (!(error instanceof SegueError)) throw error;
        return { rows: inSession, keychain: { available: false, reason: error.message } };
      }
    },
    async add(authorization, sessionOnly) {
      refuseReservedName(authorization.name);
      if (sessionOnly) return { ...session.add(authorization), storage: 'session' };
      const saved = await keychain.add(authorization);
      session.remove(authorization.name);
      return { ...saved, storage: 'keychain' };
    },
    async remove(name) {
      if (!session.remove(name)) await keychain.remove(name);
    },
    async credentials(name) {
      return session.get(name) ?? keychain.get(name);
    },
  };
}
