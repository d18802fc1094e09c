import { ServiceError } from './service-error.ts';

export interface RedrivePolicy {
  deadLetterTargetArn: string;
  /** A message received more often than this goes to the dead-letter queue. */
  maxReceiveCount: number;
}

/** The attributes of a queue that its logic uses. */
export interface QueueSettings {
  fifo: boolean;
  contentBasedDeduplication: boolean;
  deduplicationPerGroup: boolean;
  highThroughput: boolean;
  delaySeconds: number;
  maximumMessageBytes: number;
  retentionSeconds: number;
  receiveWaitSeconds: number;
  visibilitySeconds: number;
  redrivePolicy: RedrivePolicy | null;
  /** As set and as GetQueueAttributes answers them, defaults included. */
  attributes: Readonly<Record<string, string>>;
}

interface IntegerRule {
  min: number;
  max: number;
  preset: number;
}

const INTEGERS: Readonly<Record<string, IntegerRule>> = {
  DelaySeconds: { min: 0, max: 900, preset: 0 },
  MaximumMessageSize: { min: 1024, max: 1_048_576, preset: 1_048_576 },
  MessageRetentionPeriod: { min: 60, max: 1_209_600, preset: 345_600 },
  ReceiveMessageWaitTimeSeconds: { min: 0, max: 20, preset: 0 },
  VisibilityTimeout: { min: 0, max: 43_200, preset: 30 },
};
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  FifoQueue: ['true', 'false'],
  ContentBasedDeduplication: ['true', 'false'],
  DeduplicationScope: ['queue', 'messageGroup'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
  SqsManagedSseEnabled: ['true', 'false'],
};
const FIFO_ONLY = ['FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'];
/** Kept and answered, without effect in the sandbox: there are neither policies nor keys to enforce. */
const INERT = ['Policy', 'RedriveAllowPolicy', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds'];

/** Attributes that GetQueueAttributes computes. */
export const COMPUTED_ATTRIBUTES = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
] as const;

const STANDARD_NAME = /^[A-Za-z0-9_-]{1,80}$/;
const FIFO_NAME = /^[A-Za-z0-9_-]{1,75}\.fifo$/;

function invalidAttribute(name: string, reason = ''): ServiceError {
  const suffix = reason === '' ? '' : ` Reason: ${reason}`;
  return new ServiceError('InvalidAttributeValue', `Invalid value for the parameter ${name}.${suffix}`);
}

export function unknownAttribute(name: string): ServiceError {
  return new ServiceError('InvalidAttributeName', `Unknown Attribute ${name}.`);
}

export function isKnownAttribute(name: string): boolean {
  return (
    Object.hasOwn(INTEGERS, name) ||
    Object.hasOwn(CHOICES, name) ||
    INERT.includes(name) ||
    name === 'RedrivePolicy' ||
    COMPUTED_ATTRIBUTES.some((computed) => computed === name)
  );
}

/**
 * Checks a queue name. Throws InvalidParameterValue. Source: CreateQueue, SQS API reference.
 * @param fifo whether the attribute FifoQueue is `true`
 */
export function checkQueueName(name: string, fifo: boolean): void {
  if (fifo && !FIFO_NAME.test(name)) {
    throw new ServiceError(
      'InvalidParameterValue',
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo ' +
        'suffix and be 1 to 80 in length.',
    );
  }
  if (!fifo && !STANDARD_NAME.test(name)) {
    throw new ServiceError(
      'InvalidParameterValue',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    );
  }
}

/** Reads a RedrivePolicy. AWS accepts `maxReceiveCount` as a number or as text. */
function readRedrivePolicy(text: string): RedrivePolicy | null {
  if (text === '') {
    return null;
  }
  const invalid = (reason: string) =>
    new ServiceError(
      'InvalidParameterValue',
      `Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid('Redrive policy is not a valid JSON map.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalid('Redrive policy is not a valid JSON map.');
  }
  const policy = new Map<string, unknown>(Object.entries(parsed));
  const arn = policy.get('deadLetterTargetArn');
  const count = Number(policy.get('maxReceiveCount'));
  if (typeof arn !== 'string' || !/^arn:aws[a-z-]*:sqs:[^:]+:\d{12}:.+$/.test(arn)) {
    throw invalid('Invalid value for deadLetterTargetArn.');
  }
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw invalid('Invalid value for maxReceiveCount. Must be between 1 and 1000 both inclusive.');
  }
  return { deadLetterTargetArn: arn, maxReceiveCount: count };
}

function checkAttribute(name: string, value: string): void {
  const integer = Object.hasOwn(INTEGERS, name) ? INTEGERS[name] : undefined;
  if (integer !== undefined) {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= integer.min && number <= integer.max)) {
      throw invalidAttribute(name);
    }
    return;
  }
  const choices = Object.hasOwn(CHOICES, name) ? CHOICES[name] : undefined;
  if (choices !== undefined && !choices.includes(value)) {
    throw invalidAttribute(name);
  }
  if (choices === undefined && name !== 'RedrivePolicy' && !INERT.includes(name)) {
    throw unknownAttribute(name);
  }
}

const FIFO_DEFAULTS = {
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
};

/** The attributes of a new queue before any is given. */
export function defaultAttributes(fifo: boolean): Readonly<Record<string, string>> {
  const integers = Object.entries(INTEGERS).map(([name, rule]) => [name, String(rule.preset)]);
  return {
    ...Object.fromEntries(integers),
    SqsManagedSseEnabled: 'true',
    ...(fifo ? { FifoQueue: 'true', ...FIFO_DEFAULTS } : {}),
  };
}

/**
 * The settings of a queue after `changes` to its attributes. An empty value removes an attribute. Throws
 * InvalidAttributeName, InvalidAttributeValue or InvalidParameterValue. Source: SetQueueAttributes, SQS API reference.
 */
export function changeSettings(
  current: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string>>,
): QueueSettings {
  const fifo = current.FifoQueue === 'true';
  for (const [name, value] of Object.entries(changes)) {
    checkAttribute(name, value);
    if (name === 'FifoQueue' && value !== String(fifo)) {
      throw invalidAttribute(name, 'Modifying queue type is not supported.');
    }
    if (!fifo && FIFO_ONLY.includes(name)) {
      throw unknownAttribute(name);
    }
  }
  if (changes.KmsMasterKeyId && changes.SqsManagedSseEnabled === 'true') {
    throw new ServiceError(
      'InvalidAttributeName',
      'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
    );
  }
  const encryption: Record<string, string> = changes.KmsMasterKeyId ? { SqsManagedSseEnabled: 'false' } : {};
  const attributes = Object.fromEntries(
    Object.entries({ ...current, ...changes, ...encryption }).filter(([, value]) => value !== ''),
  );
  if (
    attributes.FifoThroughputLimit === 'perMessageGroupId' &&
    attributes.DeduplicationScope !== 'messageGroup'
  ) {
    throw invalidAttribute('FifoThroughputLimit', 'perMessageGroupId needs DeduplicationScope messageGroup.');
  }
  const integer = (name: string) => Number(attributes[name]);
  return {
    fifo,
    contentBasedDeduplication: attributes.ContentBasedDeduplication === 'true',
    deduplicationPerGroup: attributes.DeduplicationScope === 'messageGroup',
    highThroughput: attributes.FifoThroughputLimit === 'perMessageGroupId',
    delaySeconds: integer('DelaySeconds'),
    maximumMessageBytes: integer('MaximumMessageSize'),
    retentionSeconds: integer('MessageRetentionPeriod'),
    receiveWaitSeconds: integer('ReceiveMessageWaitTimeSeconds'),
    visibilitySeconds: integer('VisibilityTimeout'),
    redrivePolicy: readRedrivePolicy(attributes.RedrivePolicy ?? ''),
    attributes,
  };
}
