import {
  changeSettings,
  checkQueueName,
  defaultAttributes,
  isKnownAttribute,
  type QueueSettings,
  unknownAttribute,
} from './queue-settings.ts';
import type { QueueState } from './queue-state.ts';
import { admit, createQueueState } from './queue-state.ts';
import { missingParameter, ServiceError } from './service-error.ts';
import type { Storage } from './storage.ts';

/** A name is not given again for this long after its queue was deleted. */
const DELETED_RECENTLY_MS = 60_000;

export interface QueueRegistry {
  /** In the order of names. */
  all(): QueueState[];
  /** Null when there is none. */
  find(name: string): QueueState | null;
  /** The queue that a QueueUrl names; its host is not looked at, as with AWS. Throws QueueDoesNotExist. */
  byUrl(url: string | undefined): QueueState;
  /** Null when there is none, or the ARN is of another account or region. */
  byArn(arn: string): QueueState | null;
  arn(queue: QueueState): string;
  /** Creates a queue, or returns the one that has this name and these attributes. Throws QueueNameExists. */
  create(name: string, attributes: Readonly<Record<string, string>>, nowMs: number): QueueState;
  /** Removes a queue that was emptied before. */
  remove(queue: QueueState, nowMs: number): void;
  setAttributes(queue: QueueState, changes: Readonly<Record<string, string>>, nowMs: number): void;
  /** The named attributes with their values; `All` for every one. Throws InvalidAttributeName. */
  attributes(queue: QueueState, names: readonly string[]): Record<string, string>;
  /** Replaces the working state by what is stored. */
  load(nowMs: number): void;
}

export interface RegistryOptions {
  storage: Storage;
  region: string;
  accountId: string;
}

/** The queues of the sandbox by name, URL and ARN, and their attributes. */
export function createQueueRegistry({ storage, region, accountId }: RegistryOptions): QueueRegistry {
  const queues = new Map<string, QueueState>();
  const deletedAtMs = new Map<string, number>();
  const arnPrefix = `arn:aws:sqs:${region}:${accountId}:`;
  let lastId = 0;

  const arn = (queue: QueueState) => `${arnPrefix}${queue.name}`;
  const byArn = (text: string) =>
    text.startsWith(arnPrefix) ? (queues.get(text.slice(arnPrefix.length)) ?? null) : null;

  function save(queue: QueueState): void {
    storage.saveQueue({
      id: queue.id,
      name: queue.name,
      attributes: queue.settings.attributes,
      createdAtMs: queue.createdAtMs,
      modifiedAtMs: queue.modifiedAtMs,
    });
  }

  function checkRedrive(settings: QueueSettings): void {
    if (settings.redrivePolicy === null) {
      return;
    }
    const target = byArn(settings.redrivePolicy.deadLetterTargetArn);
    const text = settings.attributes.RedrivePolicy ?? '';
    if (target === null || target.settings.fifo !== settings.fifo) {
      const reason =
        target === null
          ? 'Dead letter target does not exist.'
          : 'Dead-letter queue must be same type of queue as the source.';
      throw new ServiceError(
        'InvalidParameterValue',
        `Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
      );
    }
  }

  function existing(queue: QueueState, attributes: Readonly<Record<string, string>>): QueueState {
    for (const [name, value] of Object.entries(attributes)) {
      if (queue.settings.attributes[name] !== value) {
        throw new ServiceError(
          'QueueNameExists',
          `A queue already exists with the same name and a different value for attribute ${name}`,
        );
      }
    }
    return queue;
  }

  function computed(queue: QueueState): Record<string, string> {
    return {
      ApproximateNumberOfMessages: String(queue.counts.ready),
      ApproximateNumberOfMessagesDelayed: String(queue.counts.delayed),
      ApproximateNumberOfMessagesNotVisible: String(queue.counts.inflight),
      CreatedTimestamp: String(Math.floor(queue.createdAtMs / 1000)),
      LastModifiedTimestamp: String(Math.floor(queue.modifiedAtMs / 1000)),
      QueueArn: arn(queue),
    };
  }

  return {
    all: () => [...queues.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    find: (name) => queues.get(name) ?? null,
    byUrl: (url) => {
      if (url === undefined || url === '') {
        throw missingParameter('QueueUrl');
      }
      const match = /^(?:[a-z]+:\/\/[^/]+)?\/?(\d{12})\/([A-Za-z0-9_.-]{1,80})\/?$/.exec(url);
      if (match === null) {
        throw new ServiceError('InvalidAddress', 'The address in QueueUrl is not valid for this endpoint.');
      }
      const queue = match[1] === accountId ? queues.get(match[2] ?? '') : undefined;
      if (queue === undefined) {
        throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');
      }
      return queue;
    },
    byArn,
    arn,
    create: (name, attributes, nowMs) => {
      const fifo = attributes.FifoQueue === 'true';
      checkQueueName(name, fifo);
      const settings = changeSettings(defaultAttributes(fifo), attributes);
      const found = queues.get(name);
      if (found !== undefined) {
        return existing(found, attributes);
      }
      if (nowMs - (deletedAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < DELETED_RECENTLY_MS) {
        throw new ServiceError(
          'QueueDeletedRecently',
          'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
        );
      }
      checkRedrive(settings);
      const queue = createQueueState({
        id: lastId + 1,
        name,
        settings,
        createdAtMs: nowMs,
        modifiedAtMs: nowMs,
      });
      save(queue);
      lastId++;
      queues.set(name, queue);
      return queue;
    },
    remove: (queue, nowMs) => {
      storage.removeQueue(queue.id);
      queues.delete(queue.name);
      deletedAtMs.set(queue.name, nowMs);
    },
    setAttributes: (queue, changes, nowMs) => {
      const settings = changeSettings(queue.settings.attributes, changes);
      checkRedrive(settings);
      queue.settings = settings;
      queue.modifiedAtMs = nowMs;
      save(queue);
    },
    attributes: (queue, names) => {
      const values: Record<string, string> = { ...queue.settings.attributes, ...computed(queue) };
      if (names.includes('All')) {
        return values;
      }
      const unknown = names.find((name) => !isKnownAttribute(name));
      if (unknown !== undefined) {
        throw unknownAttribute(unknown);
      }
      return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
    },
    load: (nowMs) => {
      queues.clear();
      for (const stored of storage.queues()) {
        const settings = changeSettings(stored.attributes, {});
        const queue = createQueueState({ ...stored, settings });
        for (const message of storage.messages(stored.id)) {
          // Straight to ready, in the order of sending: revealing them would order them by when they became due.
          admit(queue, message.dueAtMs <= nowMs ? { ...message, state: 'ready' } : message);
        }
        for (const [key, duplicate] of storage.duplicates(stored.id)) {
          queue.duplicates.set(key, duplicate);
        }
        queues.set(queue.name, queue);
        lastId = Math.max(lastId, queue.id);
      }
    },
  };
}
