import { Sha256 } from '@aws-crypto/sha256-js';
import { GetQueueUrlCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../main/engine/sandbox/service-error.ts';
import { createVerifier, type SignedRequest } from '../../../main/engine/sandbox/signature.ts';
import { clientOf, openSandbox, refusal } from './sandbox-client.ts';

const keys = { accessKeyId: 'SEGUESANDBOXTEST', secretAccessKey: 'a secret/with+signs', region: 'us-east-1' };
const now = new Date('2026-11-23T10:00:00Z');

async function signed(overrides: {
  path?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
  date?: Date;
  region?: string;
  service?: string;
}): Promise<SignedRequest> {
  const { path = '/', query = {}, headers = {}, body = '{}', date = now, region = 'us-east-1' } = overrides;
  const signer = new SignatureV4({
    credentials: keys,
    region,
    service: overrides.service ?? 'sqs',
    sha256: Sha256,
    applyChecksum: false,
  });
  const request = await signer.sign(
    {
      method: 'POST',
      protocol: 'http:',
      hostname: '127.0.0.1',
      path,
      query,
      headers: { host: '127.0.0.1:1234', 'x-amz-target': 'AmazonSQS.SendMessage', ...headers },
      body,
    },
    { signingDate: date },
  );
  const pairs = Object.entries(query).map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`);
  return {
    method: 'POST',
    url: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    headers: request.headers,
    body: Buffer.from(body),
  };
}

function outcome(request: SignedRequest, nowMs = now.getTime()): string {
  try {
    createVerifier(keys)(request, nowMs);
    return 'accepted';
  } catch (error) {
    return error instanceof ServiceError ? error.name : 'crashed';
  }
}

describe('signature verification', () => {
  it('agrees with the SDK’s signer on any request', async () => {
    const header = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
    const words = fc.stringMatching(/^[A-Za-z0-9_.~ +*'()!-]{0,8}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 50 }),
        fc.array(words, { maxLength: 3 }),
        fc.dictionary(words, words, { maxKeys: 3 }),
        header,
        async (body, segments, query, value) => {
          const path = `/${segments.map((segment) => encodeURIComponent(segment)).join('/')}`;
          const request = await signed({ path, query, body, headers: { 'x-amz-meta': value } });
          expect(outcome(request)).toBe('accepted');
          const changed = Buffer.concat([Buffer.from(request.body), Buffer.from(' ')]);
          expect(outcome({ ...request, body: changed })).toBe('SignatureDoesNotMatch');
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ['a changed target', { 'x-amz-target': 'AmazonSQS.DeleteQueue' }, 'SignatureDoesNotMatch'],
    ['a changed host', { host: 'localhost:1' }, 'SignatureDoesNotMatch'],
    ['no authorization', { authorization: undefined }, 'MissingAuthenticationToken'],
    ['another scheme', { authorization: 'Basic YTpi' }, 'IncompleteSignature'],
    ['half an authorization', { authorization: 'AWS4-HMAC-SHA256 Credential=a/b' }, 'IncompleteSignature'],
    ['no date', { 'x-amz-date': undefined }, 'IncompleteSignature'],
    ['a date of another day', { 'x-amz-date': '20261122T100000Z' }, 'IncompleteSignature'],
  ])('refuses %s', async (_what, headers, name) => {
    const request = await signed({});
    expect(outcome({ ...request, headers: { ...request.headers, ...headers } })).toBe(name);
  });

  it('refuses a signature that is cut, empty of digits, or by another secret', async () => {
    const request = await signed({});
    const authorization = String(request.headers.authorization);
    for (const wrong of [
      authorization.slice(0, -2),
      `${authorization.slice(0, -64)}zz`,
      `${authorization}00`,
    ]) {
      expect(outcome({ ...request, headers: { ...request.headers, authorization: wrong } })).toBe(
        'SignatureDoesNotMatch',
      );
    }
    const other = createVerifier({ ...keys, secretAccessKey: 'other' });
    expect(() => other(request, now.getTime())).toThrow(/does not match/);
  });

  it('refuses another region and another service', async () => {
    expect(outcome(await signed({ region: 'eu-west-1' }))).toBe('SignatureDoesNotMatch');
    expect(outcome(await signed({ service: 's3' }))).toBe('SignatureDoesNotMatch');
  });

  it('refuses an operation that the signature does not cover', async () => {
    const signer = new SignatureV4({
      credentials: keys,
      region: 'us-east-1',
      service: 'sqs',
      sha256: Sha256,
      applyChecksum: false,
    });
    const { headers } = await signer.sign(
      {
        method: 'POST',
        protocol: 'http:',
        hostname: 'x',
        path: '/',
        headers: { host: 'localhost' },
        body: '{}',
      },
      { signingDate: now },
    );
    const target = { 'x-amz-target': 'AmazonSQS.PurgeQueue' };
    const request = { method: 'POST', url: '/', headers: { ...headers, ...target }, body: Buffer.from('{}') };
    expect(() => createVerifier(keys)(request, now.getTime())).toThrow(
      "'x-amz-target' must be a 'SignedHeader'",
    );
  });

  it.each([
    [-15 * 60, 'accepted'],
    [-15 * 60 - 1, 'SignatureDoesNotMatch'],
    [15 * 60, 'accepted'],
    [15 * 60 + 1, 'SignatureDoesNotMatch'],
  ])('with a clock %i s off is %s', async (seconds, name) => {
    const request = await signed({ date: new Date(now.getTime() + seconds * 1000) });
    expect(outcome(request)).toBe(name);
  });
});

describe('a client of the SDK', () => {
  it('is refused with the error of AWS for a wrong key id, secret, region or clock', async () => {
    const sandbox = await openSandbox();
    const list = new ListQueuesCommand({});
    const wrongId = clientOf({ ...sandbox, endpoint: sandbox.endpoint, accessKeyId: 'AKIDNOTTHISONE' });
    expect(await refusal(wrongId.send(list))).toMatchObject({
      name: 'InvalidClientTokenId',
      code: 'InvalidClientTokenId',
      status: 403,
    });
    const mismatch = { name: 'SignatureDoesNotMatch', code: 'SignatureDoesNotMatch', status: 403 };
    const wrongSecret = clientOf({ ...sandbox, endpoint: sandbox.endpoint, secretAccessKey: 'wrong' });
    expect(await refusal(wrongSecret.send(list))).toMatchObject(mismatch);
    const wrongRegion = clientOf(sandbox, { region: 'eu-west-1' });
    expect(await refusal(wrongRegion.send(list))).toMatchObject(mismatch);
    const wrongClock = clientOf(sandbox, { systemClockOffset: -16 * 60_000 });
    expect(await refusal(wrongClock.send(list))).toMatchObject(mismatch);
  });

  it('is accepted with the made-up keys, which say what they are', async () => {
    const sandbox = await openSandbox();
    expect(sandbox.accessKeyId).toMatch(/^SEGUESANDBOX[0-9A-F]{8}$/);
    expect(sandbox.secretAccessKey).toMatch(/^seguesandbox-.{32}$/);
    await sandbox.createQueue('q');
    const reply = await clientOf(sandbox).send(new GetQueueUrlCommand({ QueueName: 'q' }));
    expect(reply.QueueUrl).toBe(sandbox.queueUrl('q'));
  });

  it('never sees the secret in an answer', async () => {
    const sandbox = await openSandbox({ secretAccessKey: 'find-me-in-an-answer' });
    const wrong = clientOf({ ...sandbox, endpoint: sandbox.endpoint, secretAccessKey: 'x' });
    expect(JSON.stringify(await refusal(wrong.send(new ListQueuesCommand({}))))).not.toContain('find-me');
  });
});
