import { ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SegueError } from '../../../main/engine/core/errors.ts';
import { type FaultSpec, parseFaultSpec } from '../../../main/engine/sandbox/fault-spec.ts';
import { createFaults } from '../../../main/engine/sandbox/faults.ts';
import { clientOf, openSandbox, refusal } from './sandbox-client.ts';

describe('a fault specification', () => {
  it('is read from text', () => {
    const text =
      'throttle=0.1, kms=.5,error=0.05,error-after=1,partial=0.1,partial-sender=0,delay=50ms@0.2,drop=0.01,' +
      'reset=0.02,md5=0.03,seed=7,on=all';
    expect(parseFaultSpec(text)).toEqual({
      throttle: 0.1,
      kms: 0.5,
      error: 0.05,
      errorAfter: 1,
      partial: 0.1,
      partialSender: 0,
      delay: { ms: 50, rate: 0.2 },
      drop: 0.01,
      reset: 0.02,
      md5: 0.03,
      seed: 7,
      on: 'all',
    });
    expect(parseFaultSpec('delay=2s')).toEqual({ delay: { ms: 2000, rate: 1 } });
    expect(parseFaultSpec('  ')).toEqual({});
  });

  it.each([
    ['throttle', 1, 'expected name=value'],
    ['throttle=0.1,trottle=0.1', 2, "unknown name 'trottle'"],
    ['throttle=1.1', 1, 'expected a share from 0 to 1'],
    ['throttle=-1', 1, 'expected a share from 0 to 1'],
    ['throttle=', 1, 'expected a share from 0 to 1'],
    ['error=0.1,drop=0.1,delay=fast', 3, 'expected a time'],
    ['delay=50ms@2', 1, 'expected a share from 0 to 1'],
    ['delay=601s', 1, 'expected a time'],
    ['drop=0.1,drop=0.2', 2, 'drop is given twice'],
    ['seed=x', 1, 'expected a whole number'],
    ['on=delete', 1, 'expected send, receive or all'],
    ['drop=0.1,', 2, 'expected name=value'],
    ['__proto__=1', 1, 'unknown name'],
  ])('that is wrong is refused with its place: %s', (text, part, reason) => {
    expect(() => parseFaultSpec(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', detail: expect.objectContaining({ part }) }),
    );
    expect(() => parseFaultSpec(text)).toThrow(reason);
  });

  it('is read or refused with USAGE, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseFaultSpec(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SegueError);
          expect(error).toMatchObject({ code: 'USAGE' });
        }
      }),
    );
  });
});

describe('rates', () => {
  const planned = (spec: FaultSpec, requests: number) => {
    const faults = createFaults(spec, Math.random);
    const plans = Array.from({ length: requests }, () => faults.plan('SendMessage'));
    return { faults, plans };
  };

  it('are kept', () => {
    const { faults } = planned({ throttle: 0.1, error: 0.05, drop: 0.2, seed: 1 }, 10_000);
    expect(faults.counts.throttle / 10_000).toBeCloseTo(0.1, 1);
    expect(faults.counts.error / 9_000).toBeCloseTo(0.05, 1);
    expect(faults.counts.drop / 8_550).toBeCloseTo(0.2, 1);
  });

  it('repeat with a seed, and differ with another', () => {
    const trace = (seed: number) =>
      planned({ reset: 0.3, drop: 0.3, md5: 0.3, seed }, 100).plans.map(
        (plan) => `${plan?.before} ${plan?.after} ${plan?.wrongMd5}`,
      );
    expect(trace(7)).toEqual(trace(7));
    expect(trace(7)).not.toEqual(trace(8));
  });

  it('concern sends only, unless told', () => {
    const faults = createFaults({ throttle: 1 }, Math.random);
    expect(faults.plan('ReceiveMessage')).toBeNull();
    faults.set({ throttle: 1, on: 'receive' });
    expect(faults.plan('SendMessage')).toBeNull();
    expect(faults.plan('ReceiveMessage')?.before).toMatchObject({ name: 'RequestThrottled' });
    faults.set({ throttle: 1, on: 'all' });
    expect(faults.plan('GetQueueAttributes')?.before).not.toBeNull();
  });
});

describe('an injected fault', () => {
  async function faulty(spec: FaultSpec) {
    const sandbox = await openSandbox({ faults: spec });
    const client = clientOf(sandbox);
    const QueueUrl = await sandbox.createQueue('q');
    const entries = Array.from({ length: 10 }, (_, i) => ({ Id: String(i), MessageBody: `body ${i}` }));
    return {
      sandbox,
      client,
      QueueUrl,
      send: () => client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' })),
      batch: () => client.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries })),
      stored: () => sandbox.messages('q').rows.length,
    };
  }

  it.each([
    ['throttle', { throttle: 1 }, { class: 'RequestThrottled', status: 403 }, 0],
    ['kms', { kms: 1 }, { class: 'KmsThrottled', code: 'KMS.ThrottlingException', status: 400 }, 0],
    ['error', { error: 1, seed: 1 }, { status: expect.toBeOneOf([500, 503]) }, 0],
    ['error-after', { errorAfter: 1 }, { name: 'InternalError', status: 500 }, 1],
    ['drop', { drop: 1 }, { code: undefined, status: undefined, message: 'socket hang up' }, 1],
    ['reset', { reset: 1 }, { status: undefined, message: expect.stringMatching(/ECONNRESET|hang up/) }, 0],
    ['md5', { md5: 1 }, { class: 'Error', status: undefined, message: 'InvalidChecksumError' }, 1],
  ])('%s fails the call; messages stored: as documented', async (_name, spec, expected, stored) => {
    const { send, stored: count } = await faulty(spec);
    const got = await refusal(send());
    expect(got).not.toBeNull();
    expect({ ...got }).toMatchObject(
      'code' in expected && expected.code === undefined ? { ...expected, code: got?.code } : expected,
    );
    expect(count()).toBe(stored);
  });

  it.each([
    ['partial', { partial: 0.5, seed: 3 }, 'InternalError', false],
    ['partial-sender', { partialSender: 0.5, seed: 3 }, 'InvalidParameterValue', true],
  ])('%s fails some entries of a batch and stores the others', async (_name, spec, Code, SenderFault) => {
    const { batch, stored, sandbox } = await faulty(spec);
    const reply = await batch();
    expect(reply.Failed?.length).toBeGreaterThan(0);
    expect(reply.Failed?.every((item) => item.Code === Code && item.SenderFault === SenderFault)).toBe(true);
    expect(reply.Successful?.length).toBe(stored());
    expect((reply.Failed?.length ?? 0) + stored()).toBe(10);
    expect(sandbox.stats.faults.partial).toBe(reply.Failed?.length);
  });

  it('md5 on a batch, and on what is received', async () => {
    const { batch, stored, sandbox, client, QueueUrl } = await faulty({ md5: 1, on: 'all' });
    await expect(batch()).rejects.toThrow('Invalid MD5 checksum on messages');
    expect(stored()).toBe(10);
    await expect(client.send(new ReceiveMessageCommand({ QueueUrl }))).rejects.toThrow('Invalid MD5');
    sandbox.setFaults({});
    expect((await batch()).Successful).toHaveLength(10);
  });

  it('delay holds the reply back after the message is stored', async () => {
    const { send, stored, sandbox, client, QueueUrl } = await faulty({ delay: { ms: 300_000, rate: 1 } });
    const gone = new AbortController();
    const waiting = client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }), {
      abortSignal: gone.signal,
    });
    // Another connection of the same client: its reply comes after the first request was carried out.
    await client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0, WaitTimeSeconds: 5 }));
    expect(stored()).toBe(1);
    gone.abort();
    await expect(waiting).rejects.toThrow();
    sandbox.setFaults({ delay: { ms: 1, rate: 1 } });
    expect((await send()).MessageId).toBeDefined();
  });
});
