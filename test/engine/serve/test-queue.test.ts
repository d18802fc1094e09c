import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../../main/engine/sandbox/sandbox.ts';
import { testQueue } from '../../../main/engine/serve/test-queue.ts';

const aws = 'https://sqs.us-east-2.amazonaws.com/111111111111/triggers';
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' };

describe('the test of an authorization', () => {
  it('asks the queue itself, and sends nothing', async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const queueUrl = await sandbox.createQueue('orders', { MaximumMessageSize: '2048' });
    const { accessKeyId, secretAccessKey } = sandbox;
    expect(await testQueue({ queueUrl }, { accessKeyId, secretAccessKey })).toMatchObject({
      ok: true,
      attributes: { maximumMessageBytes: '2048', depth: '0' },
    });
    await expect(testQueue({ queueUrl }, { accessKeyId, secretAccessKey: 'wrong' })).rejects.toMatchObject({
      code: 'CREDENTIALS_REFUSED',
    });
    expect(sandbox.stats.sent).toBe(0);
  });

  it.each([
    ['no keys', { queueUrl: aws }, undefined, 'CREDENTIALS_MISSING'],
    ['a region that the URL contradicts', { queueUrl: aws, region: 'eu-west-1' }, keys, 'REGION_MISMATCH'],
    ['the embedded sandbox', { queueUrl: 'sandbox:triggers' }, keys, 'INVALID_INPUT'],
    ['plain http to another machine', { queueUrl: 'http://192.0.2.1/q' }, keys, 'INVALID_INPUT'],
    ['no URL', { queueUrl: 'triggers' }, keys, 'INVALID_INPUT'],
  ])('is refused before any request: %s', async (_what, input, credentials, code) => {
    await expect(testQueue(input, credentials)).rejects.toMatchObject({ code });
  });
});
