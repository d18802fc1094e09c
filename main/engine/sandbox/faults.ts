import type { FaultSpec } from './fault-spec.ts';
import { ServiceError } from './service-error.ts';

/** What goes wrong with one request. */
export interface FaultPlan {
  /** Before it is carried out. */
  before: 'reset' | ServiceError | null;
  /** Asked once for each entry of a batch: the error with which it fails, or null. */
  entryError: () => ServiceError | null;
  wrongMd5: boolean;
  replyDelayMs: number;
  /** After it was carried out. */
  after: 'drop' | ServiceError | null;
}

export type FaultKind =
  | 'reset'
  | 'throttle'
  | 'kms'
  | 'error'
  | 'partial'
  | 'md5'
  | 'delay'
  | 'drop'
  | 'errorAfter';

export interface Faults {
  /** How often each kind was injected. */
  readonly counts: Readonly<Record<FaultKind, number>>;
  /** Starts anew with another specification; the counts go on. */
  set(spec: FaultSpec): void;
  /** The plan for one request, or null when nothing goes wrong with it. */
  plan(operation: string): FaultPlan | null;
}

const SENDS = new Set(['SendMessage', 'SendMessageBatch']);
const RECEIVES = new Set([
  'ReceiveMessage',
  'DeleteMessage',
  'DeleteMessageBatch',
  'ChangeMessageVisibility',
  'ChangeMessageVisibilityBatch',
]);

/** A small seeded generator of numbers in [0, 1): mulberry32, a published algorithm in the public domain. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function applies(spec: FaultSpec, operation: string): boolean {
  switch (spec.on ?? 'send') {
    case 'all':
      return true;
    case 'receive':
      return RECEIVES.has(operation);
    default:
      return SENDS.has(operation);
  }
}

/**
 * Decides by rate which requests go wrong.
 * @param random numbers in [0, 1) when the specification has no seed
 */
export function createFaults(initial: FaultSpec, random: () => number): Faults {
  const counts: Record<FaultKind, number> = {
    reset: 0,
    throttle: 0,
    kms: 0,
    error: 0,
    partial: 0,
    md5: 0,
    delay: 0,
    drop: 0,
    errorAfter: 0,
  };
  let spec = initial;
  let next = random;

  function set(changed: FaultSpec): void {
    spec = changed;
    next = changed.seed === undefined ? random : seededRandom(changed.seed);
  }

  // A rate of zero draws no number, so that adding another fault to a seeded specification is the only thing that
  // changes what is drawn.
  function happens(kind: FaultKind, rate: number | undefined): boolean {
    if (rate === undefined || rate === 0 || next() >= rate) {
      return false;
    }
    counts[kind]++;
    return true;
  }

  function before(): FaultPlan['before'] {
    if (happens('reset', spec.reset)) {
      return 'reset';
    }
    if (happens('throttle', spec.throttle)) {
      return new ServiceError('RequestThrottled', 'Injected fault: the request was throttled.');
    }
    if (happens('kms', spec.kms)) {
      return new ServiceError('KmsThrottled', 'Injected fault: the request was throttled by KMS.');
    }
    if (happens('error', spec.error)) {
      return next() < 0.5
        ? new ServiceError('InternalError', 'Injected fault: internal error.')
        : new ServiceError('ServiceUnavailable', 'Injected fault: service unavailable.');
    }
    return null;
  }

  function entryError(): ServiceError | null {
    if (happens('partial', spec.partial)) {
      return new ServiceError('InternalError', 'Injected fault: the entry failed.');
    }
    if (happens('partial', spec.partialSender)) {
      return new ServiceError('InvalidParameterValue', 'Injected fault: the entry was refused.');
    }
    return null;
  }

  function after(): FaultPlan['after'] {
    if (happens('drop', spec.drop)) {
      return 'drop';
    }
    return happens('errorAfter', spec.errorAfter)
      ? new ServiceError('InternalError', 'Injected fault: internal error after the request was carried out.')
      : null;
  }

  set(initial);
  return {
    counts,
    set,
    plan: (operation) => {
      if (!applies(spec, operation)) {
        return null;
      }
      const first = before();
      if (first !== null) {
        return { before: first, entryError: () => null, wrongMd5: false, replyDelayMs: 0, after: null };
      }
      return {
        before: null,
        entryError,
        wrongMd5: happens('md5', spec.md5),
        replyDelayMs: happens('delay', spec.delay?.rate) ? (spec.delay?.ms ?? 0) : 0,
        after: after(),
      };
    },
  };
}

const WRONG_MD5 = '00000000000000000000000000000000';

/** Replaces the first MD5 of a body in an answer by a wrong one. */
export function spoilChecksum(answer: Record<string, unknown>): void {
  const list = answer.Successful ?? answer.Messages;
  const target: unknown = Array.isArray(list) ? list[0] : answer;
  if (typeof target !== 'object' || target === null) {
    return;
  }
  const fields = target as Record<string, unknown>;
  for (const name of ['MD5OfMessageBody', 'MD5OfBody']) {
    if (name in fields) {
      fields[name] = WRONG_MD5;
    }
  }
}
