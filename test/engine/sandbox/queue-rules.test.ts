import { CreateQueueCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { clientOf, refusal, sharedSandbox } from './sandbox-client.ts';

const { sandbox, urls } = sharedSandbox();

describe('queues', () => {
  const refused: Array<[rule: string, name: string, queueName: string, attributes: Record<string, string>]> =
    [
      ['a name of 81 characters', 'InvalidParameterValue', 'q'.repeat(81), {}],
      ['a name with a slash', 'InvalidParameterValue', 'a/b', {}],
      ['FIFO without the suffix', 'InvalidParameterValue', 'plain', { FifoQueue: 'true' }],
      ['the suffix without FIFO', 'InvalidParameterValue', 'plain.fifo', {}],
      ['an unknown attribute', 'InvalidAttributeName', 'q1', { Nope: '1' }],
      [
        'a FIFO attribute on a standard queue',
        'InvalidAttributeName',
        'q1',
        { ContentBasedDeduplication: 'true' },
      ],
      ['a limit below 1 KiB', 'InvalidAttributeValue', 'q1', { MaximumMessageSize: '1023' }],
      ['a limit above 1 MiB', 'InvalidAttributeValue', 'q1', { MaximumMessageSize: '1048577' }],
      ['a delay above 900 s', 'InvalidAttributeValue', 'q1', { DelaySeconds: '901' }],
      ['a visibility timeout above 12 h', 'InvalidAttributeValue', 'q1', { VisibilityTimeout: '43201' }],
      ['a retention below a minute', 'InvalidAttributeValue', 'q1', { MessageRetentionPeriod: '59' }],
      ['a wait above 20 s', 'InvalidAttributeValue', 'q1', { ReceiveMessageWaitTimeSeconds: '21' }],
      ['a number that is none', 'InvalidAttributeValue', 'q1', { DelaySeconds: '1e2' }],
      ['a redrive policy that is not JSON', 'InvalidParameterValue', 'q1', { RedrivePolicy: 'x' }],
      [
        'a dead-letter queue that is not there',
        'InvalidParameterValue',
        'q1',
        {
          RedrivePolicy:
            '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:nope","maxReceiveCount":3}',
        },
      ],
      [
        'a dead-letter queue of another type',
        'InvalidParameterValue',
        'q1',
        {
          RedrivePolicy:
            '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:orders.fifo","maxReceiveCount":3}',
        },
      ],
      [
        'high throughput without group dedup',
        'InvalidAttributeValue',
        'q1.fifo',
        { FifoQueue: 'true', FifoThroughputLimit: 'perMessageGroupId' },
      ],
    ];
  it.each(refused)('are not created with %s', async (_rule, name, QueueName, Attributes) => {
    const request = clientOf(sandbox()).send(new CreateQueueCommand({ QueueName, Attributes }));
    expect(await refusal(request)).toMatchObject({ name, status: 400 });
  });

  it('are created once, and again only with the same attributes', async () => {
    const client = clientOf(sandbox());
    const first = await client.send(
      new CreateQueueCommand({ QueueName: 'again', Attributes: { DelaySeconds: '5' } }),
    );
    const second = await client.send(
      new CreateQueueCommand({ QueueName: 'again', Attributes: { DelaySeconds: '5' } }),
    );
    expect(second.QueueUrl).toBe(first.QueueUrl);
    const other = client.send(
      new CreateQueueCommand({ QueueName: 'again', Attributes: { DelaySeconds: '6' } }),
    );
    expect(await refusal(other)).toMatchObject({ name: 'QueueNameExists', code: 'QueueAlreadyExists' });
  });

  it('do not change type', async () => {
    const change = clientOf(sandbox()).send(
      new SetQueueAttributesCommand({ QueueUrl: urls.fifo, Attributes: { FifoQueue: 'false' } }),
    );
    expect(await refusal(change)).toMatchObject({ name: 'InvalidAttributeValue' });
  });
});
