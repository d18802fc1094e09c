import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { InputOf, OutputOf } from '../../preload/contract/call.ts';
import {
  type CallName,
  type CallNamed,
  type EngineContract,
  engineContract,
  findCall,
  type Handlers,
} from '../../preload/contract/contract.ts';
import type { EventName, EventPayload, JobProgress } from '../../preload/contract/events.ts';
import { createAudienceHandlers } from './audience/handlers.ts';
import { recoverBatches } from './batch/batch.ts';
import { createBatchHandlers } from './batch/handlers.ts';
import { createBundleHandlers } from './bundle/handlers.ts';
import { createCaptureHandlers } from './capture/handlers.ts';
import { createClockHandlers } from './clock/handlers.ts';
import { openWorkspaceClock } from './clock/workspace-clock.ts';
import type { CallContext, Credentials, EngineContext } from './context.ts';
import type { Clock } from './core/clock.ts';
import { SegueError } from './core/errors.ts';
import { createHistoryHandlers } from './history/handlers.ts';
import { createJobs } from './jobs.ts';
import { CLOSED, createLive, type Live } from './live/live.ts';
import { createMessageHandlers } from './message/handlers.ts';
import { createProfileHandlers } from './profile/handlers.ts';
import { rulesChanged } from './reevaluation/pending.ts';
import { startTicker, type Ticker } from './reevaluation/ticker.ts';
import { reevaluateAll } from './reevaluation/whole-store.ts';
import { createRetentionHandlers } from './retention/handlers.ts';
import { createRunHandlers } from './run/handlers.ts';
import { recoverRuns } from './run/recovery.ts';
import { pauseAll } from './run/session.ts';
import { createSandboxHandlers } from './sandbox/handlers.ts';
import { type Sandbox, startSandbox } from './sandbox/sandbox.ts';
import { createSnapshotHandlers } from './snapshot/handlers.ts';
import { asStoreFault } from './store/fault.ts';
import { openStore } from './store/store.ts';
import { createWorkflowHandlers } from './workflow/handlers.ts';
import { createWorkspaceHandlers } from './workspace/handlers.ts';
import { loadSample, sampleUnfinished } from './workspace/sample.ts';

export interface EngineOptions {
  /** The workspace's folder, made when it is not there. */
  readonly dir: string;
  readonly assetsDir: string;
  readonly clock: Clock;
  /** Receives what the window would be told; the command line ignores most of it. */
  readonly emit?: <N extends EventName>(name: N, payload: EventPayload<N>) => void;
  /**
   * Lets rules' timers fire as the real time passes, and goes on with live workflows, as a window that stays open does.
   */
  readonly live?: boolean;
  /** Port of the embedded sandbox, 0 for any free one. */
  readonly sandboxPort?: number;
}

/** What a caller may give beside a call's input. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (progress: JobProgress) => void;
  readonly credentials?: Credentials;
}

export type EngineCallName = CallName<EngineContract>;

/** The engine of one workspace: everything that Segue does, without a window. */
export interface Engine {
  readonly context: EngineContext;
  /** Answers one call by name; the input is parsed by the call's schema, which fills in its defaults. */
  call<N extends EngineCallName>(
    name: N,
    input: InputOf<CallNamed<EngineContract, N>>,
    options?: CallOptions,
  ): Promise<OutputOf<CallNamed<EngineContract, N>>>;
  close(): Promise<void>;
}

/**
 * Opens a workspace: takes the lock, migrates, takes back imports that were cut off, marks runs that were cut off as
 * interrupted, and answers calls.
 *
 * @throws as {@link openStore}; DISK_FULL when what was cut off cannot be taken back for lack of space
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const store = openStore(options.dir);
  let sandbox: Promise<Sandbox> | undefined;
  let live: Live | undefined;
  const emit: EngineContext['emit'] = (name, payload) => {
    options.emit?.(name, payload);
    if (name === 'storeChanged') void live?.look();
  };
  const clock = openWorkspaceClock(store.db, options.clock);
  const context: EngineContext = {
    store,
    clock: clock.now,
    assetsDir: options.assetsDir,
    newId: () => randomBytes(16).toString('hex'),
    emit,
    sandbox: () => {
      sandbox ??= startSandbox({ file: join(options.dir, 'sandbox.db'), port: options.sandboxPort ?? 0 });
      return sandbox;
    },
  };
  try {
    recoverBatches(store.db);
    recoverRuns(context);
    if (rulesChanged(store.db)) await reevaluateAll(context, quiet());
    if (sampleUnfinished(store.db)) await loadSample(context, quiet());
  } catch (error) {
    store.close();
    throw asStoreFault(error, `Opening the workspace ${options.dir}`, true);
  }
  const following = createLive(context);
  live = following;
  if (options.live === true) await following.start();
  const ticker: Ticker | undefined = options.live === true ? startTicker(context, clock) : undefined;
  const jobs = createJobs(
    (progress) => emit('jobProgress', progress),
    () => performance.now(),
  );
  const handlers: Handlers<EngineContract, CallContext> = {
    workspace: createWorkspaceHandlers(context),
    clock: createClockHandlers(context, clock),
    job: { cancel: ({ jobId }) => ({ cancelled: jobs.cancel(jobId) }) },
    profile: createProfileHandlers(context),
    retention: createRetentionHandlers(context, clock),
    audience: createAudienceHandlers(context),
    snapshot: createSnapshotHandlers(context),
    history: createHistoryHandlers(context),
    batch: createBatchHandlers(context),
    workflow: { ...createWorkflowHandlers(context), setLive: following.set },
    message: createMessageHandlers(context),
    run: createRunHandlers(context),
    live: { list: () => ({ rows: following.list() }) },
    bundle: createBundleHandlers(context),
    capture: createCaptureHandlers(context),
    sandbox: createSandboxHandlers(context),
  };
  return {
    context,
    async call(name, input, { signal, progress, credentials } = {}) {
      const handler = findHandler(handlers, name);
      const parsed = parseInput(name, input);
      // The id in a cancellation is that of another call, which it must not take the place of.
      const jobId = name === 'job.cancel' ? undefined : jobIdOf(parsed);
      const job = jobs.begin(jobId, signal);
      const report = (raw: Omit<JobProgress, 'jobId'>) => {
        job.report(raw);
        progress?.({ jobId: jobId ?? '', ...raw });
      };
      try {
        const answer = await handler(parsed, {
          signal: job.signal,
          progress: report,
          ...(credentials === undefined ? {} : { credentials }),
        });
        // The handler table's type pairs every name with its output; the look-up by text loses that pairing.
        return answer as OutputOf<CallNamed<EngineContract, typeof name>>;
      } catch (error) {
        // A call that knows more has coded it already.
        throw asStoreFault(error, name);
      } finally {
        job.end();
      }
    },
    async close() {
      await ticker?.stop();
      await following.stop();
      await pauseAll(context, CLOSED);
      if (sandbox !== undefined) await (await sandbox).close();
      store.close();
    },
  };
}

/** For work at opening, which nobody waits for with a bar or can cancel. */
function quiet(): Pick<CallContext, 'signal' | 'progress'> {
  return { signal: new AbortController().signal, progress: () => undefined };
}

type AnyHandler = (input: unknown, context: CallContext) => unknown;

function findHandler(handlers: Handlers<EngineContract, CallContext>, name: string): AnyHandler {
  const [domain = '', verb = ''] = name.split('.');
  const table: Record<string, Record<string, unknown>> = handlers;
  const handler = Object.hasOwn(table, domain) ? table[domain]?.[verb] : undefined;
  if (typeof handler !== 'function') throw new SegueError('USAGE', `There is no call named "${name}".`);
  return handler as AnyHandler;
}

function parseInput(name: string, input: unknown): unknown {
  const declared = findCall(engineContract, name);
  if (declared === undefined) throw new SegueError('USAGE', `There is no call named "${name}".`);
  const parsed = declared.input.safeParse(input);
  if (!parsed.success) {
    throw new SegueError('INVALID_INPUT', `${name}: ${z.prettifyError(parsed.error)}`, {
      issues: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    });
  }
  return parsed.data;
}

function jobIdOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !('jobId' in input)) return undefined;
  return typeof input.jobId === 'string' ? input.jobId : undefined;
}
