import { messageOperations } from './message-operations.ts';
import type { Answer, Operation, OperationContext } from './operation.ts';
import { isKnownAttribute, unknownAttribute } from './queue-settings.ts';
import { type Input, integerMember, mapMember, textListMember, textMember } from './request-input.ts';
import { invalidValue, missingParameter, ServiceError } from './service-error.ts';

const MAX_LISTED = 1000;

function attributesIn(input: Input): Record<string, string> {
  const entries = mapMember(input, 'Attributes') ?? [];
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value !== 'string') {
        throw new ServiceError('SerializationException', `The attribute ${name} is not a string.`);
      }
      if (!isKnownAttribute(name)) {
        throw unknownAttribute(name);
      }
      return [name, value];
    }),
  );
}

function queueNameIn(input: Input): string {
  const name = textMember(input, 'QueueName');
  if (name === undefined || name === '') {
    throw missingParameter('QueueName');
  }
  return name;
}

function listQueues(input: Input, { registry, queueUrl }: OperationContext): Answer {
  const prefix = textMember(input, 'QueueNamePrefix') ?? '';
  const limit = integerMember(input, 'MaxResults');
  if (limit !== undefined && (limit < 1 || limit > MAX_LISTED)) {
    throw invalidValue('MaxResults', limit, 'MaxResults must be an integer between 1 and 1000.');
  }
  const after = Buffer.from(textMember(input, 'NextToken') ?? '', 'base64').toString();
  const names = registry
    .all()
    .map((queue) => queue.name)
    .filter((name) => name.startsWith(prefix) && name > after);
  const page = names.slice(0, limit ?? MAX_LISTED);
  const more = limit !== undefined && names.length > page.length;
  return {
    ...(page.length === 0 ? {} : { QueueUrls: page.map(queueUrl) }),
    ...(more ? { NextToken: Buffer.from(page.at(-1) ?? '').toString('base64') } : {}),
  };
}

const queueOperations: Readonly<Record<string, Operation>> = {
  CreateQueue: (input, { registry, clock, queueUrl }) => {
    const queue = registry.create(queueNameIn(input), attributesIn(input), clock());
    return { QueueUrl: queueUrl(queue.name) };
  },
  DeleteQueue: (input, { registry, delivery, waiters, clock }) => {
    const queue = registry.byUrl(textMember(input, 'QueueUrl'));
    delivery.empty(queue);
    registry.remove(queue, clock());
    waiters.wake(queue.name);
    return {};
  },
  ListQueues: listQueues,
  GetQueueUrl: (input, { registry, queueUrl }) => {
    const queue = registry.find(queueNameIn(input));
    if (queue === null) {
      throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');
    }
    return { QueueUrl: queueUrl(queue.name) };
  },
  GetQueueAttributes: (input, { registry, delivery, clock }) => {
    const queue = registry.byUrl(textMember(input, 'QueueUrl'));
    delivery.settle(queue, clock());
    const attributes = registry.attributes(queue, textListMember(input, 'AttributeNames'));
    return Object.keys(attributes).length === 0 ? {} : { Attributes: attributes };
  },
  SetQueueAttributes: (input, { registry, clock }) => {
    const queue = registry.byUrl(textMember(input, 'QueueUrl'));
    registry.setAttributes(queue, attributesIn(input), clock());
    return {};
  },
  PurgeQueue: (input, { registry, delivery, clock }) => {
    delivery.purge(registry.byUrl(textMember(input, 'QueueUrl')), clock());
    return {};
  },
};

const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries({ ...queueOperations, ...messageOperations }),
);

/** The operation named by an `x-amz-target` header, with its name. Throws InvalidAction. */
export function findOperation(target: string | undefined): { name: string; operation: Operation } {
  const name = target?.startsWith('AmazonSQS.') ? target.slice('AmazonSQS.'.length) : '';
  const operation = OPERATIONS.get(name);
  if (operation === undefined) {
    throw new ServiceError(
      'InvalidAction',
      name === ''
        ? 'The header x-amz-target names no operation of AmazonSQS.'
        : 'The sandbox does not have this operation.',
    );
  }
  return { name, operation };
}
