import { describe, expect, it } from 'vitest';
import { parseQueueUrl, requireRegion } from '../../../main/engine/workflow/queue-url.ts';

const ACCOUNT = '111111111111';

describe('queue URLs of AWS', () => {
  it.each([
    ['sqs.us-east-2.amazonaws.com', 'us-east-2'],
    ['sqs-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['sqs.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['sqs.cn-northwest-1.api.amazonwebservices.com.cn', 'cn-northwest-1'],
    ['sqs.eu-central-2.api.aws', 'eu-central-2'],
    ['sqs-fips.us-east-1.api.aws', 'us-east-1'],
    ['ap-southeast-3.queue.amazonaws.com', 'ap-southeast-3'],
    ['cn-north-1.queue.amazonaws.com.cn', 'cn-north-1'],
    ['queue.amazonaws.com', 'us-east-1'],
    ['vpce-0a1b2c-3d4e.sqs.eu-west-1.vpce.amazonaws.com', 'eu-west-1'],
    ['sqs.eusc-de-east-1.amazonaws.eu', 'eusc-de-east-1'],
    ['sqs.us-iso-east-1.c2s.ic.gov', 'us-iso-east-1'],
    ['sqs.us-isob-east-1.sc2s.sgov.gov', 'us-isob-east-1'],
    ['SQS.US-EAST-1.AmazonAWS.com', 'us-east-1'],
  ])('%s is in %s', (host, region) => {
    expect(parseQueueUrl(`https://${host}/${ACCOUNT}/triggers.fifo`)).toEqual({
      kind: 'aws',
      region,
      account: ACCOUNT,
      queueName: 'triggers.fifo',
      host: host.toLowerCase(),
      fifo: true,
    });
  });

  it.each([
    'sqs.us-east-1.amazonaws.com.evil.example',
    'sqs.us-east-1.amazonaws.co',
    'sqs.us-east-1.evil.amazonaws.com',
    'sqs.amazonaws.com',
    'evil-sqs.us-east-1.amazonaws.com',
    'sqs.us-east-1.amazonaws.com.cn',
    'sqs.cn-north-1.amazonaws.com',
    'a.b.sqs.us-east-1.vpce.amazonaws.com',
    'bucket.s3.amazonaws.com',
    'us-east-1.queue.amazonaws.eu',
    'sqs.us-east-1.amazonaws.com.',
    'sqs.us-eаst-1.amazonaws.com',
  ])('%s is not one of them', (host) => {
    expect(parseQueueUrl(`https://${host}/${ACCOUNT}/q`)).toMatchObject({ kind: 'custom', loopback: false });
  });

  it.each([
    ['https://sqs.us-east-1.amazonaws.com/triggers', /12 digits of the account/],
    ['https://sqs.us-east-1.amazonaws.com/1234/triggers', /12 digits of the account/],
    [`https://sqs.us-east-1.amazonaws.com/x/${ACCOUNT}/triggers`, /12 digits of the account/],
    [`https://sqs.us-east-1.amazonaws.com:8443/${ACCOUNT}/triggers`, /standard port/],
    [`http://sqs.us-east-1.amazonaws.com/${ACCOUNT}/triggers`, /must begin with https/],
    [`https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/`, /not a queue name/],
    [`https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/a.b`, /not a queue name/],
    [`https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/${'x'.repeat(81)}`, /not a queue name/],
    [`https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/q?Action=x`, /end with the name of the queue/],
    ['file:///etc/passwd', /must begin with https/],
    ['triggers', /not a URL/],
    ['', /not a URL/],
  ])('%s is refused', (url, reason) => {
    expect(() => parseQueueUrl(url)).toThrowError(
      expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringMatching(reason) }),
    );
  });

  it('never repeat a password that stood in the URL', () => {
    try {
      parseQueueUrl(`https://user:hunter2@sqs.us-east-1.amazonaws.com/${ACCOUNT}/q`);
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify([String(error), error])).not.toContain('hunter2');
      expect(String(error)).toContain('must not hold a user name or a password');
    }
  });
});

describe('other queues', () => {
  it.each([
    ['http://localhost:4566/000000000000/q', 'localhost', '000000000000'],
    ['http://127.0.0.1:9324/queue/q', '127.0.0.1', null],
    ['http://127.1/q', '127.0.0.1', null],
    ['http://[::1]:9324/000000000000/q', '[::1]', '000000000000'],
  ])('%s is on this computer', (url, host, account) => {
    expect(parseQueueUrl(url)).toEqual({
      kind: 'custom',
      region: null,
      account,
      queueName: 'q',
      host,
      loopback: true,
      fifo: false,
    });
  });

  it.each([
    'http://localhost.evil.example/q',
    'http://127.0.0.1.evil.example/q',
    'http://10.0.0.1/q',
    'http://[::2]/q',
  ])('%s is not, and needs https', (url) => {
    expect(() => parseQueueUrl(url)).toThrowError(/must begin with https/);
    expect(parseQueueUrl(url.replace('http:', 'https:'))).toMatchObject({ kind: 'custom', loopback: false });
  });

  it('may be the sandbox’s', () => {
    expect(parseQueueUrl('sandbox:triggers.fifo')).toEqual({
      kind: 'sandbox',
      queueName: 'triggers.fifo',
      fifo: true,
    });
    for (const bad of ['sandbox:', 'sandbox:a/b', 'sandbox:a b']) {
      expect(() => parseQueueUrl(bad)).toThrowError(expect.objectContaining({ code: 'INVALID_INPUT' }));
    }
  });
});

describe('the region of a workflow', () => {
  it('must be the one in the queue’s URL', () => {
    const url = parseQueueUrl(`https://sqs.us-east-2.amazonaws.com/${ACCOUNT}/q`);
    expect(() => requireRegion(url, 'us-east-2')).not.toThrow();
    expect(() => requireRegion(url, 'us-east-1')).toThrowError(
      expect.objectContaining({
        code: 'REGION_MISMATCH',
        message: expect.stringContaining('Set the region to us-east-2'),
      }),
    );
    expect(() => requireRegion(parseQueueUrl('sandbox:q'), 'eu-west-1')).not.toThrow();
  });
});
