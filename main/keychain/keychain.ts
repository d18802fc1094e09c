import { z } from 'zod';
import type { Credentials } from '../engine/context.ts';
import { SegueError } from '../engine/core/errors.ts';
import { parseCredentialSource } from './credential-source.ts';

/** Saved AWS keys by name. Only {@link Keychain.get} gives the secret out, to main and the command line. */
export interface Keychain {
  add(authorization: NewAuthorization): Promise<SavedAuthorization>;
  list(): Promise<SavedAuthorization[]>;
  /** @throws AUTHORIZATION_NOT_FOUND */
  get(name: string): Promise<Credentials>;
  /** @throws AUTHORIZATION_NOT_FOUND */
  remove(name: string): Promise<void>;
}

export interface NewAuthorization extends Credentials {
  readonly name: string;
  readonly description: string;
}

/** What may be shown of an authorization. */
export interface SavedAuthorization {
  readonly name: string;
  readonly accessKeyId: string;
  readonly description: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** The part of keytar that is used. */
export interface SecretStore {
  setPassword(service: string, account: string, password: string): Promise<void>;
  getPassword(service: string, account: string): Promise<string | null>;
  deletePassword(service: string, account: string): Promise<boolean>;
  findCredentials(service: string): Promise<{ account: string; password: string }[]>;
}

interface KeychainOptions {
  /** The keychain's service name; `SEGUE_KEYCHAIN_SERVICE` overrides "Segue". */
  readonly service?: string;
  /** Loads keytar; a system without libsecret fails here. */
  readonly load?: () => Promise<SecretStore>;
  /** How long a Secret Service that does not answer is waited for, for example one that is locked with nobody to ask. */
  readonly timeoutMs?: number;
  readonly now?: () => Date;
}

const savedEntry = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string().optional(),
  description: z.string(),
  createdAt: z.string(),
});

/**
 * The system's keychain (Secret Service, macOS Keychain, Windows Credential Manager). It is loaded at the first use, and
 * never replaced by a file: every failure is KEYCHAIN_UNAVAILABLE and names the ways that work without one.
 */
export function openKeychain({
  service = process.env.SEGUE_KEYCHAIN_SERVICE ?? 'Segue',
  load = loadKeytar,
  timeoutMs = 8000,
  now = () => new Date(),
}: KeychainOptions = {}): Keychain {
  let loading: Promise<SecretStore> | undefined;

  async function use<T>(work: (store: SecretStore) => Promise<T>): Promise<T> {
    const timeout = rejectAfter(timeoutMs);
    try {
      loading ??= load();
      return await Promise.race([loading.then(work), timeout.promise]);
    } catch (error) {
      loading = undefined;
      throw unavailable(error);
    } finally {
      timeout.cancel();
    }
  }

  return {
    async add({ name, description, accessKeyId, secretAccessKey, sessionToken }) {
      refuseReservedName(name);
      const saved = { name, accessKeyId, description, createdAt: now().toISOString() };
      const entry: z.infer<typeof savedEntry> = {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
        description,
        createdAt: saved.createdAt,
      };
      await use((store) => store.setPassword(service, name, JSON.stringify(entry)));
      return saved;
    },
    async list() {
      const found = await use((store) => store.findCredentials(service));
      return found
        .flatMap(({ account, password }) => {
          const entry = parseEntry(password);
          return entry === undefined ? [] : [publicPart(account, entry)];
        })
        .sort((a, b) => a.name.localeCompare(b.name));
    },
    async get(name) {
      const password = await use((store) => store.getPassword(service, name));
      const entry = password === null ? undefined : parseEntry(password);
      if (entry === undefined) throw authorizationNotFound(name);
      const { accessKeyId, secretAccessKey, sessionToken } = entry;
      return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
    },
    async remove(name) {
      if (!(await use((store) => store.deletePassword(service, name)))) throw authorizationNotFound(name);
    },
  };
}

/** The error for a name under which no keys are saved. */
export function authorizationNotFound(name: string): SegueError {
  return new SegueError(
    'AUTHORIZATION_NOT_FOUND',
    `No authorization named "${name}" is saved. Add it under Authorizations or with "segue authorization add".`,
    { name },
  );
}

/** @throws INVALID_INPUT for a name that `--credentials` reads as another source */
export function refuseReservedName(name: string): void {
  if (parseCredentialSource(name).kind === 'saved') return;
  throw new SegueError(
    'INVALID_INPUT',
    `"${name}" means another source of keys in --credentials. Choose a name other than env that does not start with "profile:".`,
    { name },
  );
}

async function loadKeytar(): Promise<SecretStore> {
  const { default: keytar } = await import('keytar');
  return keytar;
}

function publicPart(name: string, entry: z.infer<typeof savedEntry>): SavedAuthorization {
  return {
    name,
    accessKeyId: entry.accessKeyId,
    description: entry.description,
    createdAt: entry.createdAt,
  };
}

/** An entry that Segue did not write, or of a later version, is not shown. */
function parseEntry(text: string): z.infer<typeof savedEntry> | undefined {
  try {
    return savedEntry.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function rejectAfter(timeoutMs: number): { promise: Promise<never>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${timeoutMs / 1000} s; it may be locked`)),
      timeoutMs,
    );
  });
  return { promise, cancel: () => clearTimeout(timer) };
}

function unavailable(cause: unknown): SegueError {
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  return new SegueError(
    'KEYCHAIN_UNAVAILABLE',
    `The system's keychain cannot be used (${reason}). Without one: keep the keys for this session only, use the environment's ` +
      'keys (--credentials env), or an AWS profile (--credentials profile:NAME). Segue writes keys to no file of its own.',
    { reason },
  );
}
