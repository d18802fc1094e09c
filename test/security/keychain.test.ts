import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SegueError } from '../../main/engine/core/errors.ts';
import { createAuthorizations } from '../../main/keychain/authorizations.ts';
import { type Keychain, openKeychain } from '../../main/keychain/keychain.ts';
import { createSessionKeys } from '../../main/keychain/session-keys.ts';
import {
  missingSecretServicePrograms,
  type SecretService,
  startSecretService,
} from '../desktop/secret-service.ts';

const missing = missingSecretServicePrograms();
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const authorization = {
  name: 'ops',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey,
  sessionToken: 'a token of the session',
  description: 'Operations',
};

/** Files below a folder that hold a text, however they are encoded on the surface. */
function filesHolding(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

// Without the programs there is no Secret Service to test against; the name says so in the report.
const title = `the keychain over a real Secret Service${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`;
describe.runIf(missing.length === 0)(title, () => {
  let home: string;
  let service: SecretService;
  let keychain: Keychain;
  const before = { ...process.env };

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'segue-keychain-'));
    service = await startSecretService(home);
    Object.assign(process.env, service.env);
    keychain = openKeychain({ service: 'Segue test', timeoutMs: 3000 });
  });
  afterAll(async () => {
    await service.stop();
    process.env = before;
    rmSync(home, { recursive: true, force: true });
  });

  it('keeps, lists, gives and removes an authorization, and shows no secret in the list', async () => {
    await keychain.add(authorization);
    const listed = await keychain.list();
    expect(listed).toEqual([
      {
        name: 'ops',
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        description: 'Operations',
        createdAt: expect.any(String),
      },
    ]);
    await expect(keychain.get('ops')).resolves.toEqual({
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey,
      sessionToken: 'a token of the session',
    });
    await keychain.remove('ops');
    await expect(keychain.list()).resolves.toEqual([]);
  });

  it('replaces an authorization of the same name', async () => {
    await keychain.add(authorization);
    await keychain.add({ ...authorization, secretAccessKey: 'another' });
    expect((await keychain.get('ops')).secretAccessKey).toBe('another');
    await expect(keychain.list()).resolves.toHaveLength(1);
  });

  it('says by code that a name is not saved', async () => {
    const notFound = expect.objectContaining({ code: 'AUTHORIZATION_NOT_FOUND' });
    await expect(keychain.get('nobody')).rejects.toThrow(notFound);
    await expect(keychain.remove('nobody')).rejects.toThrow(notFound);
  });

  it('leaves the secret in no file but, encrypted, in the keyring', async () => {
    await keychain.add(authorization);
    expect(filesHolding(home, secretAccessKey)).toEqual([]);
    expect(filesHolding(home, Buffer.from(secretAccessKey).toString('base64'))).toEqual([]);
    // The keyring is there, so the search above had something to look at.
    expect(readdirSync(service.keyringDir).some((file) => file.endsWith('.keyring'))).toBe(true);
  });

  it('is unavailable by code, and soon, once the Secret Service is gone', async () => {
    await service.stopKeyring();
    await expect(keychain.get('ops')).rejects.toThrow(
      expect.objectContaining({
        code: 'KEYCHAIN_UNAVAILABLE',
        message: expect.stringMatching(/session.*--credentials env.*profile:NAME/s),
      }),
    );
  });
});

describe('a system without a usable keychain', () => {
  const broken = openKeychain({
    load: async () => {
      throw new Error('libsecret-1.so.0: cannot open shared object file\n  at require');
    },
  });
  const hanging = openKeychain({
    timeoutMs: 20,
    load: async () => {
      const forever = () => new Promise<never>(() => undefined);
      return {
        setPassword: forever,
        getPassword: forever,
        deletePassword: forever,
        findCredentials: forever,
      };
    },
  });

  it('is told by code when the library is missing or the service does not answer', async () => {
    await expect(broken.get('ops')).rejects.toThrow(
      expect.objectContaining({ code: 'KEYCHAIN_UNAVAILABLE' }),
    );
    await expect(hanging.add(authorization)).rejects.toThrow(
      expect.objectContaining({ code: 'KEYCHAIN_UNAVAILABLE', message: expect.stringContaining('locked') }),
    );
  });

  it('does not put the secret into the error', async () => {
    const error = await broken.add(authorization).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SegueError);
    expect(JSON.stringify([error, String(error)])).not.toContain(secretAccessKey);
  });

  it('lists the session’s keys and says why there are no others', async () => {
    const authorizations = createAuthorizations(broken, createSessionKeys());
    await expect(authorizations.add(authorization, false)).rejects.toThrow(
      expect.objectContaining({ code: 'KEYCHAIN_UNAVAILABLE' }),
    );
    await authorizations.add(authorization, true);
    const { rows, keychain } = await authorizations.list();
    expect(rows).toEqual([expect.objectContaining({ name: 'ops', storage: 'session' })]);
    expect(JSON.stringify(rows)).not.toContain(secretAccessKey);
    expect(keychain).toEqual({ available: false, reason: expect.stringContaining('libsecret') });
    expect((await authorizations.credentials('ops')).secretAccessKey).toBe(secretAccessKey);
    await authorizations.remove('ops');
    await expect(authorizations.credentials('ops')).rejects.toThrow(
      expect.objectContaining({ code: 'KEYCHAIN_UNAVAILABLE' }),
    );
  });

  it.each(['env', 'profile:ops'])('refuses the name %s, which means another source of keys', async (name) => {
    const authorizations = createAuthorizations(broken, createSessionKeys());
    await expect(authorizations.add({ ...authorization, name }, true)).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    );
  });
});
