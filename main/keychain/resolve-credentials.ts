import type { Credentials } from '../engine/context.ts';
import { SegueError } from '../engine/core/errors.ts';
import type { CredentialSource } from './credential-source.ts';
import type { Keychain } from './keychain.ts';

/**
 * Gets the keys of a source.
 *
 * @throws CREDENTIALS_MISSING when the environment or the profile has none, AUTHORIZATION_NOT_FOUND or
 * KEYCHAIN_UNAVAILABLE for a saved authorization
 */
export async function resolveCredentials(
  source: CredentialSource,
  keychain: Keychain,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Credentials> {
  switch (source.kind) {
    case 'env':
      return credentialsOfEnv(env);
    case 'profile':
      return credentialsOfProfile(source.name);
    case 'saved':
      return keychain.get(source.name);
  }
}

function credentialsOfEnv(env: Readonly<Record<string, string | undefined>>): Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw new SegueError(
      'CREDENTIALS_MISSING',
      'The environment has no AWS keys. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose another source with --credentials.',
    );
  }
  return withToken(accessKeyId, secretAccessKey, env.AWS_SESSION_TOKEN);
}

async function credentialsOfProfile(profile: string): Promise<Credentials> {
  const { fromIni } = await import('@aws-sdk/credential-providers');
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await fromIni({ profile })();
    return withToken(accessKeyId, secretAccessKey, sessionToken);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SegueError(
      'CREDENTIALS_MISSING',
      `The AWS profile "${profile}" gives no keys (${reason}). Check ~/.aws/config and ~/.aws/credentials.`,
      { profile },
    );
  }
}

function withToken(accessKeyId: string, secretAccessKey: string, sessionToken?: string): Credentials {
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
