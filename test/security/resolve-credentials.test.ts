import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseCredentialSource } from '../../main/keychain/credential-source.ts';
import { openKeychain } from '../../main/keychain/keychain.ts';
import { resolveCredentials } from '../../main/keychain/resolve-credentials.ts';

const keychain = openKeychain({
  load: async () => {
    throw new Error('no keychain here');
  },
});
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'segue-aws-'));
  writeFileSync(
    join(folder, 'credentials'),
    '[ops]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = profilesecret\n',
  );
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('--credentials', () => {
  it('takes the environment’s keys, with their session token', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' };
    await expect(resolveCredentials(parseCredentialSource('env'), keychain, env)).resolves.toEqual({
      accessKeyId: 'AKIAENV',
      secretAccessKey: 's',
      sessionToken: 't',
    });
  });

  it('says by code when the environment has none', async () => {
    await expect(
      resolveCredentials({ kind: 'env' }, keychain, { AWS_ACCESS_KEY_ID: 'AKIAENV' }),
    ).rejects.toThrow(expect.objectContaining({ code: 'CREDENTIALS_MISSING' }));
  });

  it('takes an AWS profile’s keys', async () => {
    await expect(resolveCredentials(parseCredentialSource('profile:ops'), keychain)).resolves.toEqual({
      accessKeyId: 'AKIAPROFILE',
      secretAccessKey: 'profilesecret',
    });
  });

  it('says by code when there is no such profile', async () => {
    await expect(resolveCredentials(parseCredentialSource('profile:nobody'), keychain)).rejects.toThrow(
      expect.objectContaining({ code: 'CREDENTIALS_MISSING', message: expect.stringContaining('nobody') }),
    );
  });

  it('takes a saved authorization by its name', async () => {
    await expect(resolveCredentials(parseCredentialSource('ops'), keychain)).rejects.toThrow(
      expect.objectContaining({ code: 'KEYCHAIN_UNAVAILABLE' }),
    );
  });
});
