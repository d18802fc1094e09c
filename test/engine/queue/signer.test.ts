import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSigner } from '../../../main/engine/queue/signer.ts';

const region = 'us-east-2';
const service = 'sqs';
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

const requestOf = (body: string | Uint8Array, path = '/') => ({
  method: 'POST',
  protocol: 'https:',
  hostname: 'sqs.us-east-2.amazonaws.com',
  path,
  query: {},
  headers: {
    host: 'sqs.us-east-2.amazonaws.com',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'AmazonSQS.SendMessageBatch',
    'x-amz-user-agent': ' two  spaces ',
  } as Record<string, string>,
  body,
});

/** The headers that AWS's own implementation gives for the same request. */
async function reference(
  credentials: typeof keys & { sessionToken?: string },
  body: string | Uint8Array,
  signingDate: Date,
) {
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256, applyChecksum: false });
  return (await signer.sign(requestOf(body), { signingDate })).headers;
}

describe('the signature of a request', () => {
  it('is the one that AWS’s own implementation gives, with and without a session token, on any day', async () => {
    const instant = fc.date({
      min: new Date('2020-01-01'),
      max: new Date('2039-12-31'),
      noInvalidDate: true,
    });
    const given = fc.record({
      secretAccessKey: fc.string({ minLength: 1 }),
      sessionToken: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{1,80}$/), { nil: undefined }),
      bodies: fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array()), {
        minLength: 1,
        maxLength: 4,
      }),
      dates: fc.array(instant, { minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ secretAccessKey, sessionToken, bodies, dates }) => {
        const credentials = {
          accessKeyId: keys.accessKeyId,
          secretAccessKey,
          ...(sessionToken === undefined ? {} : { sessionToken }),
        };
        const signer = createSigner(credentials, { region, service });
        for (const signingDate of dates) {
          for (const body of bodies) {
            const { headers } = await signer.sign(requestOf(body), { signingDate });
            expect(headers).toEqual(await reference(credentials, body, signingDate));
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a body that it cannot read twice', () => {
    const signer = createSigner(keys, { region, service });
    const request = { ...requestOf(''), body: new ReadableStream() };
    expect(() => signer.sign(request, { signingDate: new Date() })).toThrow(TypeError);
  });
});
