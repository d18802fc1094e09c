import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type EngineHost, type EngineHostOptions, startEngine } from '../../main/engine-host/engine-host.ts';
import { startForkChannel } from '../../main/engine-host/fork-channel.ts';
import { decideRestart } from '../../main/engine-host/restart-policy.ts';
import type { EngineState } from '../../preload/contract/events.ts';

const entry = join(import.meta.dirname, 'fixtures', 'scripted-engine.ts');
let host: EngineHost | undefined;

afterEach(() => host?.close());

/** The real decision, without its wait. */
const withoutDelay: typeof decideRestart = (deathsMs) => {
  const decision = decideRestart(deathsMs);
  return decision.restart ? { restart: true, delayMs: 0 } : decision;
};

/** A host over a real engine process, the states it went through, and a way to wait for one. */
function start(dir: string, options: Partial<EngineHostOptions> = {}) {
  const states: EngineState[] = [];
  const waiting: { state: string; resolve: (state: EngineState) => void }[] = [];
  const started = startEngine({
    startChannel: (onOutput) => startForkChannel(entry, process.execPath, onOutput),
    open: { dir, assetsDir: 'assets' },
    onEvent: () => undefined,
    log: () => undefined,
    decide: withoutDelay,
    onState(state) {
      states.push(state);
      for (const waiter of waiting.splice(0)) {
        if (waiter.state === state.state) waiter.resolve(state);
        else waiting.push(waiter);
      }
    },
    ...options,
  });
  host = started;
  const next = (state: EngineState['state']) =>
    new Promise<EngineState>((resolve) => void waiting.push({ state, resolve }));
  return { host: started, states, next };
}

async function pidOf(engine: EngineHost): Promise<number> {
  const answer = await engine.call('profile.count', {});
  if (!answer.ok) throw new Error(answer.error.message);
  return (answer.value as { count: number }).count;
}

describe('the host of the engine process', () => {
  it('answers calls that were made before the engine was up', async () => {
    const engine = start('ok');
    await expect(pidOf(engine.host)).resolves.toBeGreaterThan(0);
    expect(engine.states.map(({ state }) => state)).toEqual(['starting', 'running']);
  });

  it('keeps what each opening took back, also after a restart', async () => {
    const engine = start('cut-off');
    await pidOf(engine.host);
    expect(engine.host.state().takenBack).toEqual(['Import 1 was cut off.']);
    const again = engine.next('running');
    void engine.host.call('job.cancel', { jobId: 'die' });
    await again;
    expect(engine.host.state().takenBack).toEqual(['Import 1 was cut off.', 'Import 1 was cut off.']);
  });

  it('answers what a dead engine left pending as unavailable, and starts another', async () => {
    const engine = start('ok');
    const first = await pidOf(engine.host);
    const pending = engine.host.call('job.cancel', { jobId: 'silent' });
    const restarting = engine.next('restarting');
    const dying = engine.host.call('job.cancel', { jobId: 'die' });
    await expect(pending).resolves.toMatchObject({ ok: false, error: { code: 'ENGINE_UNAVAILABLE' } });
    await expect(dying).resolves.toMatchObject({ ok: false, error: { code: 'ENGINE_UNAVAILABLE' } });
    expect((await restarting).message).toContain('exit code 7');
    await expect(pidOf(engine.host)).resolves.not.toBe(first);
  });

  it('gives up after three restarts in a minute, says so, and starts again when asked to', async () => {
    const engine = start('ok');
    const stopped = engine.next('stopped');
    for (let n = 0; n < 4; n++) await engine.host.call('job.cancel', { jobId: 'die' });
    const { message, error } = await stopped;
    expect(error?.code).toBe('ENGINE_UNAVAILABLE');
    expect(message).toContain('4 times in a minute');
    await expect(engine.host.call('profile.count', {})).resolves.toMatchObject({
      ok: false,
      error: { code: 'ENGINE_UNAVAILABLE' },
    });
    engine.host.start();
    await expect(pidOf(engine.host)).resolves.toBeGreaterThan(0);
  });

  it('does not retry a workspace that cannot be opened, and answers every call with the reason', async () => {
    const engine = start('locked');
    const stopped = await engine.next('stopped');
    expect(stopped.error).toMatchObject({ code: 'WORKSPACE_LOCKED', message: 'Open in another Segue.' });
    await expect(engine.host.call('profile.count', {})).resolves.toMatchObject({
      error: { code: 'WORKSPACE_LOCKED' },
    });
    expect(engine.states.map(({ state }) => state)).toEqual(['starting', 'stopped']);
  });

  it('says when the engine does not respond, and when it does again', async () => {
    const engine = start('ok', { heartbeatMs: 20, silentMs: 200 });
    await pidOf(engine.host);
    const silent = engine.next('not_responding');
    const busy = engine.host.call('job.cancel', { jobId: 'busy' });
    await silent;
    const back = engine.next('running');
    await expect(busy).resolves.toEqual({ ok: true, value: { cancelled: true } });
    await back;
  });

  it('kills an engine that does not close in time', async () => {
    const engine = start('ok', { closeMs: 50 });
    const pid = await pidOf(engine.host);
    const busy = engine.host.call('job.cancel', { jobId: 'busy' });
    await engine.host.close();
    await busy;
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('says when there is no program to start', async () => {
    const engine = start('ok', {
      startChannel: (onOutput) => startForkChannel(entry, '/nowhere/node', onOutput),
    });
    const stopped = await engine.next('stopped');
    expect(stopped.error).toMatchObject({ code: 'ENGINE_RUNTIME' });
    expect(stopped.message).toContain('/nowhere/node');
  });
});
