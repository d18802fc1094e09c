import type { InputOf } from '../../preload/contract/call.ts';
import type { Answer, ErrorShape } from '../../preload/contract/error.ts';
import type { EngineState, EventName } from '../../preload/contract/events.ts';
import type { Credentials } from '../engine/context.ts';
import { toErrorShape } from '../engine/core/errors.ts';
import type { EngineMessage } from '../engine/serve/envelope.ts';
import { internalContract } from '../engine/serve/internal-contract.ts';
import type { EngineChannel, StartChannel } from './channel.ts';
import { defer } from './deferred.ts';
import { decideRestart } from './restart-policy.ts';

/** Answers calls by the engine process, however often that process has to be started. */
export interface EngineHost {
  /** Never rejects. Waits while the engine starts; an engine that has stopped answers with the reason. */
  call(name: string, input: unknown, credentials?: Credentials): Promise<Answer<unknown>>;
  state(): EngineState;
  /** Starts an engine that has stopped; nothing otherwise. */
  start(): void;
  /** Closes the workspace and waits for the process to end, killing it when it takes too long. */
  close(): Promise<void>;
}

/** What a host needs. The times are in milliseconds; tests shorten them. */
export interface EngineHostOptions {
  readonly startChannel: StartChannel;
  readonly open: InputOf<typeof internalContract.internal.open>;
  readonly onState: (state: EngineState) => void;
  readonly onEvent: (event: EventName, payload: unknown) => void;
  readonly log: (line: string) => void;
  readonly heartbeatMs?: number;
  readonly silentMs?: number;
  readonly closeMs?: number;
  readonly decide?: typeof decideRestart;
}

interface Session {
  readonly channel: EngineChannel;
  readonly pending: Map<number, (answer: Answer<unknown>) => void>;
  /** Resolves to null once the workspace is open, to the reason when it cannot be. */
  readonly ready: Promise<ErrorShape | null>;
  readonly ended: Promise<void>;
}

/**
 * Starts the engine process and looks after it: a heartbeat every second, `not_responding` after five without an answer,
 * a restart with back-off when it ends by itself (three in a minute, then it stays stopped and says so). Calls that were
 * pending in an engine that died are answered ENGINE_UNAVAILABLE. An engine that says why it cannot start is not retried.
 */
export function startEngine(options: EngineHostOptions): EngineHost {
  const { heartbeatMs = 1000, silentMs = 5000, closeMs = 5000, decide = decideRestart } = options;
  const deathsMs: number[] = [];
  const takenBack: string[] = [];
  let session: Session | undefined;
  let restartTimer: NodeJS.Timeout | undefined;
  let closing = false;
  let nextId = 1;
  let present: EngineState = { state: 'starting', message: null };
  const waiting = new Set<() => void>();

  function setState(state: EngineState['state'], error: ErrorShape | null, message: string | null): void {
    present = { state, message, error, takenBack: [...takenBack] };
    options.log(`engine ${state}${message === null ? '' : `: ${message}`}`);
    options.onState(present);
    for (const wake of waiting) wake();
  }

  function startSession(): void {
    restartTimer = undefined;
    setState(deathsMs.length === 0 ? 'starting' : 'restarting', null, null);
    let channel: EngineChannel;
    try {
      channel = options.startChannel(options.log);
    } catch (error) {
      stopWith(toErrorShape(error));
      return;
    }
    session = superviseSession(channel);
  }

  function stopWith(error: ErrorShape): void {
    setState('stopped', error, error.message);
  }

  function superviseSession(channel: EngineChannel): Session {
    const pending: Session['pending'] = new Map();
    let reason: ErrorShape | undefined;
    let lastHeardMs = performance.now();
    let heartbeat: NodeJS.Timeout | undefined;
    const { promise: ended, resolve: markEnded } = defer<void>();
    const { promise: ready, resolve: markReady } = defer<ErrorShape | null>();

    channel.onMessage((message: EngineMessage) => {
      lastHeardMs = performance.now();
      if ('id' in message) {
        const settle = pending.get(message.id);
        pending.delete(message.id);
        settle?.(message.answer);
      } else if ('event' in message) {
        options.onEvent(message.event, message.payload);
      } else {
        reason = message.fatal;
        channel.kill();
      }
    });

    channel.onExit((how) => {
      clearInterval(heartbeat);
      session = undefined;
      const unavailable = unavailableError(how);
      markReady(reason ?? unavailable);
      for (const settle of pending.values()) settle({ ok: false, error: reason ?? unavailable });
      pending.clear();
      markEnded();
      if (!closing) afterExit(reason, how);
    });

    function beat(): void {
      if (performance.now() - lastHeardMs > silentMs) {
        if (present.state === 'running') {
          setState('not_responding', null, 'The engine has not answered for five seconds. It may be busy.');
        }
      } else if (present.state === 'not_responding') {
        setState('running', null, null);
      }
      channel.post({ id: 0, call: 'internal.ping', input: {} });
    }

    post(channel, pending, 'internal.open', options.open).then((answer) => {
      if (answer.ok) {
        lastHeardMs = performance.now();
        heartbeat = setInterval(beat, heartbeatMs);
        takenBack.push(...internalContract.internal.open.output.parse(answer.value).takenBack);
        markReady(null);
        setState('running', null, null);
      } else if (reason === undefined) {
        // The process is healthy but its workspace is not to be had; trying again would not change that.
        reason = answer.error;
        channel.kill();
      }
    }, options.log);
    return { channel, pending, ready, ended };
  }

  function post(
    channel: EngineChannel,
    pending: Session['pending'],
    call: string,
    input: unknown,
    credentials?: Credentials,
  ): Promise<Answer<unknown>> {
    const { promise, resolve } = defer<Answer<unknown>>();
    const id = nextId++;
    pending.set(id, resolve);
    channel.post({ id, call, input, ...(credentials === undefined ? {} : { credentials }) });
    return promise;
  }

  function afterExit(reason: ErrorShape | undefined, how: string): void {
    if (reason !== undefined) {
      stopWith(reason);
      return;
    }
    deathsMs.push(performance.now());
    const decision = decide(deathsMs);
    if (!decision.restart) {
      stopWith({
        code: 'ENGINE_UNAVAILABLE',
        message: `The engine ended ${deathsMs.length} times in a minute (${how}) and was not started again. Use Engine, Restart in the menu; the log says more.`,
      });
      return;
    }
    setState('restarting', null, `The engine ended (${how}) and starts again.`);
    restartTimer = setTimeout(startSession, decision.delayMs);
  }

  /** The present session, or the next one while the engine restarts; undefined once it has stopped. */
  async function currentSession(): Promise<Session | undefined> {
    while (session === undefined && present.state !== 'stopped' && !closing) {
      const { promise, resolve } = defer<void>();
      waiting.add(resolve);
      await promise;
      waiting.delete(resolve);
    }
    return session;
  }

  startSession();
  return {
    async call(name, input, credentials) {
      const current = await currentSession();
      if (current === undefined) return { ok: false, error: present.error ?? unavailableError('stopped') };
      const refusal = await current.ready;
      if (refusal !== null) return { ok: false, error: refusal };
      return post(current.channel, current.pending, name, input, credentials);
    },
    state: () => present,
    start() {
      if (session !== undefined || restartTimer !== undefined || closing) return;
      deathsMs.length = 0;
      startSession();
    },
    async close() {
      closing = true;
      clearTimeout(restartTimer);
      for (const wake of waiting) wake();
      const current = session;
      if (current === undefined) return;
      const timer = setTimeout(() => current.channel.kill(), closeMs);
      current.channel.post({ id: nextId++, call: 'internal.close', input: {} });
      await current.ended;
      clearTimeout(timer);
    },
  };
}

function unavailableError(how: string): ErrorShape {
  return {
    code: 'ENGINE_UNAVAILABLE',
    message: `The engine is not running (${how}). What was asked may or may not have been done; look before asking again.`,
  };
}
