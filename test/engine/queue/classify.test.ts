import { describe, expect, it } from 'vitest';
import { classifyEntry, classifyError, verdictError } from '../../../main/engine/queue/classify.ts';

const http = (httpStatusCode: number, fields: object = {}) => ({
  message: 'M',
  $metadata: { httpStatusCode },
  ...fields,
});

/** SQS.md, "Errors": each row of the table. */
describe('an error of a call means what the table says', () => {
  it.each([
    ['RequestThrottled', http(403, { name: 'RequestThrottled', Code: 'RequestThrottled' }), 'retry_slow'],
    ['ThrottlingException', http(400, { name: 'ThrottlingException' }), 'retry_slow'],
    ['HTTP 429', http(429, { name: 'Unknown' }), 'retry_slow'],
    [
      'KmsThrottled by name',
      http(400, { name: 'KmsThrottled', Code: 'KMS.ThrottlingException' }),
      'retry_slow',
    ],
    [
      'KMS.ThrottlingException by Code alone',
      http(400, { name: 'Error', Code: 'KMS.ThrottlingException' }),
      'retry_slow',
    ],
    ['500', http(500, { name: 'InternalError' }), 'retry_unknown_outcome'],
    ['503', http(503, { name: 'ServiceUnavailable' }), 'retry_unknown_outcome'],
    [
      'ECONNRESET',
      { name: 'TimeoutError', code: 'ECONNRESET', message: 'socket hang up', $metadata: {} },
      'retry_unknown_outcome',
    ],
    ['ECONNREFUSED', { name: 'Error', code: 'ECONNREFUSED', message: 'M' }, 'retry_unknown_outcome'],
    ['ENOTFOUND', { name: 'Error', code: 'ENOTFOUND', message: 'M' }, 'retry_unknown_outcome'],
    ['EAI_AGAIN', { name: 'Error', code: 'EAI_AGAIN', message: 'M' }, 'retry_unknown_outcome'],
    ['a timeout', { name: 'TimeoutError', code: 'ETIMEDOUT', message: 'M' }, 'retry_unknown_outcome'],
    ['a plain error', new Error('M'), 'retry_unknown_outcome'],
    ['InvalidMessageContents', http(400, { name: 'InvalidMessageContents' }), 'park'],
    ['InvalidParameterValue', http(400, { name: 'InvalidParameterValue' }), 'park'],
    [
      'BatchRequestTooLong',
      http(400, { name: 'BatchRequestTooLong', Code: 'AWS.SimpleQueueService.BatchRequestTooLong' }),
      'park',
    ],
    ['UnsupportedOperation', http(400, { name: 'UnsupportedOperation' }), 'park'],
    ['QueueDoesNotExist by name', http(400, { name: 'QueueDoesNotExist' }), 'stop'],
    [
      'NonExistentQueue by Code',
      http(400, { name: 'Error', Code: 'AWS.SimpleQueueService.NonExistentQueue' }),
      'stop',
    ],
    ['InvalidAddress', http(404, { name: 'InvalidAddress' }), 'stop'],
    ['AccessDenied', http(403, { name: 'AccessDenied' }), 'pause_credentials'],
    ['InvalidClientTokenId', http(403, { name: 'InvalidClientTokenId' }), 'pause_credentials'],
    ['SignatureDoesNotMatch', http(403, { name: 'SignatureDoesNotMatch' }), 'pause_credentials'],
    ['ExpiredToken', http(403, { name: 'ExpiredToken' }), 'pause_credentials'],
    ['RequestExpired', http(403, { name: 'RequestExpired' }), 'pause_credentials'],
    [
      'KmsAccessDenied',
      http(400, { name: 'KmsAccessDenied', Code: 'KMS.AccessDeniedException' }),
      'pause_credentials',
    ],
    ['KmsDisabled', http(400, { name: 'KmsDisabled', Code: 'KMS.DisabledException' }), 'pause_credentials'],
  ])('%s', (_what, error, kind) => {
    expect(classifyError(error).kind).toBe(kind);
  });

  it('knows which failures cannot have reached the queue', () => {
    const reached = (code: string) => {
      const verdict = classifyError({ code, message: 'M' });
      return verdict.kind === 'retry_unknown_outcome' && verdict.reached;
    };
    expect(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].map(reached)).toEqual([false, false, false]);
    expect(['ECONNRESET', 'ETIMEDOUT', 'EPIPE'].map(reached)).toEqual([true, true, true]);
  });

  it('speaks of the clock when a request has expired', () => {
    expect(classifyError(http(403, { name: 'RequestExpired' })).message).toContain('clock');
  });
});

describe('a failed entry', () => {
  it.each([
    ['of the service', { Code: 'InternalError', SenderFault: false }, 'retry_entry'],
    ['of the sender', { Code: 'InvalidParameterValue', SenderFault: true }, 'park'],
    ['throttled', { Code: 'RequestThrottled', SenderFault: false }, 'retry_slow'],
    ['of KMS access', { Code: 'KMS.AccessDeniedException', SenderFault: true }, 'pause_credentials'],
  ])('%s', (_what, failed, kind) => {
    expect(classifyEntry(failed).kind).toBe(kind);
  });
});

describe('a verdict as an error', () => {
  it.each([
    [http(400, { name: 'QueueDoesNotExist' }), 'QUEUE_NOT_FOUND'],
    [http(403, { name: 'AccessDenied' }), 'CREDENTIALS_REFUSED'],
    [{ code: 'ECONNREFUSED', message: 'M' }, 'QUEUE_UNREACHABLE'],
    [http(400, { name: 'InvalidParameterValue' }), 'QUEUE_ERROR'],
  ])('%#', (error, code) => {
    expect(verdictError(classifyError(error), 'https://q').code).toBe(code);
  });
});
