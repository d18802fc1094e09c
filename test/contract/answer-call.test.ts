import { describe, expect, it } from 'vitest';
import { SegueError } from '../../main/engine/core/errors.ts';
import { answerCall } from '../../main/ipc/answer-call.ts';
import { createFindCredentials } from '../../main/ipc/call-credentials.ts';
import { routeCalls } from '../../main/ipc/route-calls.ts';
import { isTrustedSender } from '../../main/ipc/sender.ts';
import { contract } from '../../preload/contract/contract.ts';
import type { Answer } from '../../preload/contract/error.ts';

const ours = { frameUrl: 'app://segue/index.html', isMainFrame: true, isOwnWindow: true };
const { show } = contract.run;
const never = async (): Promise<Answer<unknown>> => {
  throw new Error('A refused call was answered.');
};

describe('who may call', () => {
  it.each([
    ['another origin', { ...ours, frameUrl: 'https://example.com/' }],
    ['an origin that starts like ours', { ...ours, frameUrl: 'app://segue.example/index.html' }],
    ['our host with a user', { ...ours, frameUrl: 'app://user@segue/index.html' }],
    ['a file', { ...ours, frameUrl: 'file:///tmp/index.html' }],
    ['an empty page', { ...ours, frameUrl: 'about:blank' }],
    ['a frame that is gone', { ...ours, frameUrl: undefined }],
    ['a frame within the page', { ...ours, isMainFrame: false }],
    ['another window', { ...ours, isOwnWindow: false }],
  ])('refuses %s', async (_who, sender) => {
    expect(isTrustedSender(sender)).toBe(false);
    await expect(answerCall('run.show', show, sender, { id: 'r' }, never)).resolves.toMatchObject({
      ok: false,
      error: { code: 'SENDER_REFUSED' },
    });
  });

  it('takes our own page', () => {
    expect(isTrustedSender(ours)).toBe(true);
  });
});

describe('what a call may say', () => {
  it.each([undefined, null, 'r', {}, { id: 5 }, { id: '' }, []])('refuses %j by code', async (input) => {
    await expect(answerCall('run.show', show, ours, input, never)).resolves.toMatchObject({
      ok: false,
      error: { code: 'INVALID_INPUT' },
    });
  });

  it('fills in defaults and drops what the contract does not know', async () => {
    const { list } = contract.run;
    const answered: unknown[] = [];
    await answerCall('run.list', list, ours, { extra: 1 }, async (_name, input) => {
      answered.push(input);
      return { ok: true, value: { rows: [], next: null } };
    });
    expect(answered).toEqual([{ cursor: null, limit: 100 }]);
  });

  it('answers with a code when the answer breaks the contract, and when answering throws', async () => {
    const { count } = contract.profile;
    const broken = await answerCall('profile.count', count, ours, {}, async () => ({
      ok: true,
      value: undefined,
    }));
    expect(broken).toMatchObject({ ok: false, error: { code: 'INTERNAL' } });
    const thrown = await answerCall('profile.count', count, ours, {}, async () => {
      throw new SegueError('DISK_FULL', 'No room.');
    });
    expect(thrown).toEqual({ ok: false, error: { code: 'DISK_FULL', message: 'No room.' } });
  });
});

describe('the keys of a call', () => {
  const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'hidden' };
  const workflow = { authorization: 'ops', queueUrl: 'https://sqs.us-east-1.amazonaws.com/1/q' };

  function router(stored: { authorization: string | null; queueUrl: string }) {
    const seen: { name: string; credentials: unknown }[] = [];
    const engine = {
      async call(name: string, _input: unknown, credentials?: unknown): Promise<Answer<unknown>> {
        seen.push({ name, credentials });
        if (name === 'workflow.show') return { ok: true, value: stored };
        if (name === 'run.show') return { ok: true, value: { copy: { ...workflowOf(stored) } } };
        return { ok: true, value: {} };
      },
    };
    const authorizations = {
      async credentials(name: string) {
        if (name !== 'ops') throw new SegueError('AUTHORIZATION_NOT_FOUND', `No ${name}.`);
        return keys;
      },
    };
    const none = {} as Parameters<typeof routeCalls>[0];
    return { seen, answer: routeCalls(none, engine, createFindCredentials(engine, authorizations)) };
  }

  function workflowOf(stored: { authorization: string | null; queueUrl: string }) {
    return { ...stored, name: 'w', subscriptionId: '7e2b8804bbe162cd3f9c0c5991bf3078' };
  }

  it('are those of the stored workflow for a test send, a new run and a capture', async () => {
    for (const name of ['message.send', 'run.start', 'capture.run']) {
      const { answer, seen } = router(workflow);
      await answer(name, { workflow: 'w', userId: 'u' });
      expect(seen.at(-1)).toEqual({ name, credentials: keys });
    }
  });

  it('are those of the stored workflow for a switch to live mode, and none for its end', async () => {
    const { answer, seen } = router(workflow);
    await answer('workflow.setLive', { name: 'w', live: true });
    expect(seen.at(-1)).toEqual({ name: 'workflow.setLive', credentials: keys });
    await answer('workflow.setLive', { name: 'w', live: false });
    expect(seen.at(-1)).toEqual({ name: 'workflow.setLive', credentials: undefined });
  });

  it('are those of the run’s own copy for a run that goes on', async () => {
    for (const name of ['run.resume', 'run.retry']) {
      const { answer, seen } = router(workflow);
      await answer(name, { id: 'r' });
      expect(seen.map((call) => call.name)).toEqual(['run.show', name]);
      expect(seen.at(-1)?.credentials).toEqual(keys);
    }
  });

  it('are not looked up for the embedded sandbox or a call that sends nothing', async () => {
    const sandbox = router({ authorization: 'gone', queueUrl: 'sandbox:triggers' });
    await sandbox.answer('run.start', { workflow: 'w' });
    expect(sandbox.seen.at(-1)).toEqual({ name: 'run.start', credentials: undefined });
    const capture = router(workflow);
    await capture.answer('capture.run', { workflow: 'w', queue: 'sandbox:triggers' });
    expect(capture.seen.at(-1)).toEqual({ name: 'capture.run', credentials: undefined });
    const reading = router(workflow);
    await reading.answer('run.plan', { workflow: 'w' });
    expect(reading.seen).toEqual([{ name: 'run.plan', credentials: undefined }]);
  });

  it('keep a call from being made when they are not saved', async () => {
    const { answer, seen } = router({ ...workflow, authorization: 'gone' });
    await expect(answer('run.start', { workflow: 'w' })).resolves.toMatchObject({
      ok: false,
      error: { code: 'AUTHORIZATION_NOT_FOUND' },
    });
    expect(seen.map(({ name }) => name)).toEqual(['workflow.show']);
  });
});
