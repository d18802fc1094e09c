import { describe, expect, it } from 'vitest';
import { SegueError } from '../../main/engine/core/errors.ts';
import type { EngineMessage, EngineRequest } from '../../main/engine/serve/envelope.ts';
import { type ServedEngine, type ServeOptions, serveEngine } from '../../main/engine/serve/serve.ts';
import type { Answer } from '../../preload/contract/error.ts';

/** The host's end of a port that both ends share within this process. */
function startServing(engine: Partial<ServedEngine>, open?: ServeOptions['open']) {
  const messages: EngineMessage[] = [];
  const waiting = new Map<number, (answer: Answer<unknown>) => void>();
  const exits: number[] = [];
  let onRequest: (request: EngineRequest) => void = () => undefined;
  let onClose: () => void = () => undefined;
  let exited: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    exited = resolve;
  });
  const served: ServedEngine = {
    takenBack: [],
    call: async () => ({}),
    testQueue: async () => ({ ok: true, milliseconds: 1, attributes: {} }),
    close: async () => undefined,
    ...engine,
  };
  serveEngine(
    {
      post(message) {
        messages.push(message);
        if ('id' in message) waiting.get(message.id)?.(message.answer);
      },
      onRequest(listener) {
        onRequest = listener;
      },
      onClose(listener) {
        onClose = listener;
      },
    },
    {
      open: open ?? (async () => served),
      exit(code) {
        exits.push(code);
        exited();
      },
    },
  );
  let nextId = 1;
  const ask = (call: string, input: unknown, credentials?: EngineRequest['credentials']) =>
    new Promise<Answer<unknown>>((resolve) => {
      const id = nextId++;
      waiting.set(id, resolve);
      onRequest({ id, call, input, ...(credentials === undefined ? {} : { credentials }) });
    });
  return { ask, exits, ended, messages, hangUp: () => onClose() };
}

const opening = { dir: '/workspace', assetsDir: '/assets' };

describe('the engine process', () => {
  it('refuses calls outside the contract and input that breaks it, by code', async () => {
    const { ask } = startServing({});
    await ask('internal.open', opening);
    await expect(ask('profile.drop', {})).resolves.toMatchObject({
      ok: false,
      error: { code: 'INVALID_INPUT' },
    });
    await expect(ask('__proto__.toString', {})).resolves.toMatchObject({ error: { code: 'INVALID_INPUT' } });
    await expect(ask('internal.shell', {})).resolves.toMatchObject({ error: { code: 'INVALID_INPUT' } });
    await expect(ask('run.show', { id: 5 })).resolves.toMatchObject({ error: { code: 'INVALID_INPUT' } });
  });

  it('refuses calls before a workspace is open', async () => {
    const { ask } = startServing({});
    await expect(ask('profile.count', {})).resolves.toMatchObject({ error: { code: 'ENGINE_UNAVAILABLE' } });
  });

  it('hands on the code of an engine that cannot open, and of a call that fails', async () => {
    const locked = startServing({}, async () => {
      throw new SegueError('WORKSPACE_LOCKED', 'Open elsewhere.', { pid: 1 });
    });
    await expect(locked.ask('internal.open', opening)).resolves.toEqual({
      ok: false,
      error: { code: 'WORKSPACE_LOCKED', message: 'Open elsewhere.', detail: { pid: 1 } },
    });
    const failing = startServing({
      call: async () => {
        throw new SegueError('RUN_NOT_FOUND', 'No such run.');
      },
    });
    await failing.ask('internal.open', opening);
    await expect(failing.ask('run.show', { id: 'x' })).resolves.toMatchObject({
      error: { code: 'RUN_NOT_FOUND' },
    });
  });

  it('does not let an answer out that breaks the contract', async () => {
    const { ask } = startServing({ call: async () => ({ count: 'many' }) });
    await ask('internal.open', opening);
    await expect(ask('profile.count', {})).resolves.toMatchObject({ ok: false, error: { code: 'INTERNAL' } });
  });

  it('gives the credentials of a request to that call alone', async () => {
    const seen: unknown[] = [];
    const { ask } = startServing({
      call: async (_name, _input, options) => {
        seen.push(options.credentials);
        return { count: 0, versions: 0 };
      },
    });
    await ask('internal.open', opening);
    await ask('profile.count', {}, { accessKeyId: 'AKIA', secretAccessKey: 'hidden' });
    await ask('profile.count', {});
    expect(seen).toEqual([{ accessKeyId: 'AKIA', secretAccessKey: 'hidden' }, undefined]);
  });

  it('closes the workspace and ends when the host is gone, and when it is told to', async () => {
    for (const way of ['hangUp', 'close'] as const) {
      let closed = 0;
      const { ask, exits, ended, hangUp } = startServing({
        close: async () => {
          closed++;
        },
      });
      await ask('internal.open', opening);
      if (way === 'hangUp') hangUp();
      else await ask('internal.close', {});
      await ended;
      expect([way, closed, exits]).toEqual([way, 1, [0]]);
    }
  });
});
