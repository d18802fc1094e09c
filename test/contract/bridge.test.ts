import { describe, expect, it } from 'vitest';
import { type BridgeTransport, createBridge } from '../../preload/bridge.ts';
import type { Bridge } from '../../preload/contract/bridge.ts';
import { contract } from '../../preload/contract/contract.ts';

interface Wire {
  readonly bridge: Bridge;
  readonly asked: { channel: string; input: unknown }[];
  push(name: unknown, payload: unknown): void;
}

function connect(
  answer: (channel: string) => Promise<unknown> = async () => ({ ok: true, value: {} }),
): Wire {
  const asked: Wire['asked'] = [];
  let listener: Parameters<BridgeTransport['onEvent']>[0] = () => undefined;
  const bridge = createBridge({
    invoke(channel, input) {
      asked.push({ channel, input });
      return answer(channel);
    },
    onEvent(added) {
      listener = added;
    },
  });
  // The page is given this object as it is; its type is the contract's.
  return { bridge: bridge as unknown as Bridge, asked, push: (name, payload) => listener(name, payload) };
}

describe('the bridge', () => {
  it('has a verb for every call of the contract, `on`, and nothing else', () => {
    const { bridge } = connect();
    const shown = Object.entries(bridge)
      .filter(([name]) => name !== 'on')
      .flatMap(([domain, verbs]) => Object.keys(verbs).map((verb) => `${domain}.${verb}`));
    const declared = Object.entries(contract).flatMap(([domain, verbs]) =>
      Object.keys(verbs).map((verb) => `${domain}.${verb}`),
    );
    expect(shown.sort()).toEqual(declared.sort());
  });

  it('asks the channel of a call and hands its answer on', async () => {
    const wire = connect(async () => ({ ok: true, value: { count: 3, versions: 4 } }));
    await expect(wire.bridge.profile.count({})).resolves.toEqual({
      ok: true,
      value: { count: 3, versions: 4 },
    });
    expect(wire.asked).toEqual([{ channel: 'segue:profile.count', input: {} }]);
  });

  it.each([
    ['a rejection', () => Promise.reject(new Error('No handler registered'))],
    ['undefined', () => Promise.resolve(undefined)],
    ['an answer of another shape', () => Promise.resolve({ ok: false, error: 'text' })],
  ])('answers with a coded error for %s', async (_what, answer) => {
    const { bridge } = connect(answer);
    const answered = await bridge.run.show({ id: 'r' });
    expect(answered).toMatchObject({ ok: false, error: { code: 'INTERNAL' } });
  });

  it('delivers events that keep the contract until told to stop', () => {
    const { bridge, push } = connect();
    const seen: unknown[] = [];
    const stop = bridge.on('storeChanged', (payload) => seen.push(payload));
    push('storeChanged', { tables: ['run'] });
    stop();
    push('storeChanged', { tables: ['profile'] });
    expect(seen).toEqual([{ tables: ['run'] }]);
  });

  it('drops events of an unknown name and payloads that break the contract', () => {
    const { bridge, push } = connect();
    const seen: unknown[] = [];
    bridge.on('storeChanged', (payload) => seen.push(payload));
    push('storeChanged', { tables: ['secrets'] });
    push('constructor', {});
    push(7, { tables: ['run'] });
    expect(seen).toEqual([]);
  });

  it('refuses to listen to what is no event', () => {
    const { bridge } = connect();
    const on = bridge.on as (name: string, listener: unknown) => unknown;
    expect(() => on('__proto__', () => undefined)).toThrow(TypeError);
    expect(() => on('storeChanged', 'alert(1)')).toThrow(TypeError);
  });

  it('tells a late listener the present state of the engine', () => {
    const { bridge, push } = connect();
    push('engineState', { state: 'running', message: null });
    const seen: unknown[] = [];
    bridge.on('engineState', ({ state }) => seen.push(state));
    push('engineState', { state: 'restarting', message: null });
    expect(seen).toEqual(['running', 'restarting']);
  });
});
