import { exhaustive, SegueError } from '../core/errors.ts';
import type { Verdict } from './queue-client.ts';

/** An error of the SDK as far as it is looked at. `name` and `Code` differ for errors that predate the JSON protocol. */
interface SdkError {
  readonly name?: unknown;
  readonly Code?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const THROTTLED = new Set([
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'SlowDown',
  'KmsThrottled',
  'KMS.ThrottlingException',
]);
const NO_QUEUE = new Set(['QueueDoesNotExist', 'NonExistentQueue', 'InvalidAddress', 'QueueDeletedRecently']);
const CREDENTIALS = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidAccessKeyId',
  'InvalidSecurity',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'InvalidSignatureException',
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'RequestInTheFuture',
  'OptInRequired',
  'CredentialsProviderError',
]);
/** KMS errors about access or the key's state: other keys, or another key policy, are needed. */
const KMS_REFUSED = /^(?:Kms|KMS\.)(?!Throttl)/;
/** No connection was made, so nothing can have been stored. */
const NOT_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);
const CLOCK = new Set(['RequestExpired', 'RequestTimeTooSkewed', 'RequestInTheFuture']);
/** SQS answers SignatureDoesNotMatch for a wrong clock as for a wrong secret; its message tells them apart. */
const CLOCK_MESSAGE = /^Signature (?:expired|not yet current)\b/;

/**
 * Says what an error of a whole call means. Matches `name`, `Code` and the socket's `code`, since the SDK's names and the
 * service's differ (SQS.md, "Errors").
 */
export function classifyError(thrown: unknown): Verdict {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as SdkError;
  const names = [error.name, error.Code].filter((name) => typeof name === 'string').map(shortCode);
  const socket = typeof error.code === 'string' ? error.code : undefined;
  const status = error.$metadata?.httpStatusCode;
  const code = socket ?? names[1] ?? names[0] ?? 'Unknown';
  const message = typeof error.message === 'string' ? error.message : String(thrown);
  const is = (set: ReadonlySet<string>) => names.some((name) => set.has(name));
  if (is(THROTTLED) || status === 429) return { kind: 'retry_slow', code, message };
  if (is(NO_QUEUE)) return { kind: 'stop', code, message };
  if (is(CREDENTIALS) || names.some((name) => KMS_REFUSED.test(name))) {
    const byClock = is(CLOCK) || CLOCK_MESSAGE.test(message);
    const advice = byClock ? `${message} Compare this machine's clock with the real time.` : message;
    return { kind: 'pause_credentials', code, message: advice };
  }
  if (socket !== undefined) {
    return { kind: 'retry_unknown_outcome', code, message, reached: !NOT_REACHED.has(socket) };
  }
  if (status === undefined || status >= 500) {
    return { kind: 'retry_unknown_outcome', code, message, reached: true };
  }
  return { kind: 'park', code, message };
}

/** Says what a `Failed` entry of a call that was answered means. */
export function classifyEntry(failed: {
  readonly Code?: string | undefined;
  readonly Message?: string | undefined;
  readonly SenderFault?: boolean | undefined;
}): Verdict {
  const code = shortCode(failed.Code ?? 'Unknown');
  const message = failed.Message ?? 'The queue refused the entry without a reason.';
  if (THROTTLED.has(code)) return { kind: 'retry_slow', code, message };
  if (CREDENTIALS.has(code) || KMS_REFUSED.test(code)) return { kind: 'pause_credentials', code, message };
  return failed.SenderFault === false
    ? { kind: 'retry_entry', code, message }
    : { kind: 'park', code, message };
}

/** Turns a verdict on a call that must not fail (reading facts, a test send) into a coded error. */
export function verdictError(verdict: Verdict, queueUrl: string): SegueError {
  const detail = { queueUrl, code: verdict.code };
  switch (verdict.kind) {
    case 'stop':
      return new SegueError(
        'QUEUE_NOT_FOUND',
        `The queue ${queueUrl} does not exist (${verdict.code}). Create it, or correct the workflow's queue URL.`,
        detail,
      );
    case 'pause_credentials':
      return new SegueError(
        'CREDENTIALS_REFUSED',
        `The queue ${queueUrl} refused the credentials: ${verdict.code}. ${verdict.message}`,
        detail,
      );
    case 'retry_unknown_outcome':
      return new SegueError(
        'QUEUE_UNREACHABLE',
        `No answer from the queue ${queueUrl}: ${verdict.code}. Check the address and the network, then try again.`,
        detail,
      );
    case 'retry_slow':
    case 'retry_entry':
    case 'park':
    case 'flag_md5':
      return new SegueError(
        'QUEUE_ERROR',
        `The queue ${queueUrl} answered ${verdict.code}: ${verdict.message}`,
        detail,
      );
    default:
      return exhaustive(verdict);
  }
}

/** `AWS.SimpleQueueService.NonExistentQueue` → `NonExistentQueue`; `KMS.…` keeps its prefix. */
function shortCode(code: string): string {
  return code.replace(/^AWS\.SimpleQueueService\./, '');
}
