import { join } from 'node:path';
import type { InputOf, OutputOf } from '../../preload/contract/call.ts';
import {
  type CallName,
  type CallNamed,
  type EngineContract,
  engineContract,
  findCall,
} from '../../preload/contract/contract.ts';
import type { EventName, EventPayload, JobProgress } from '../../preload/contract/events.ts';
import { type CutOffBatch, recoverBatches } from './batch/batch.ts';
import { openWorkspaceClock } from './clock/workspace-clock.ts';
import type { CallContext, Credentials, EngineContext } from './context.ts';
import type { Clock } from './core/clock.ts';
import { lateCrypto } from './core/crypto.ts';
import { SegueError } from './core/errors.ts';
import { createDomains, unknownCall } from './domains.ts';
import { createJobs } from './jobs.ts';
import type { Live } from './live/live.ts';
import { listLive } from './live/live-store.ts';
import { rulesChanged } from './reevaluation/pending.ts';
import { recoverRuns } from './run/recovery.ts';
import { CLOSED, pauseAll } from './run/sessions.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { asStoreFault } from './store/fault.ts';
import { openStore } from './store/store.ts';
import { sampleUnfinished } from './workspace/sample-state.ts';

export interface EngineOptions {
  /** The workspace's folder, made when it is not there. */
  readonly dir: string;
  readonly assetsDir: string;
  readonly clock: Clock;
  /** What is the present whatever the clock says, real or simulated, in epoch milliseconds. */
  readonly fixedMs?: number;
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
  /** What a killed process had left half done and this opening took back. */
  readonly takenBack: readonly CutOffBatch[];
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
  let live: Promise<Live> | undefined;
  /** The code of live mode and of the sandbox's server is loaded with their first use. */
  const liveMode = () => {
    live ??= import('./live/live.ts').then(({ createLive }) => createLive(context));
    return live;
  };
  const emit: EngineContext['emit'] = (name, payload) => {
    options.emit?.(name, payload);
    if (name === 'storeChanged' && (live !== undefined || listLive(store.db).length > 0))
      void liveMode().then(({ look }) => look());
  };
  const clock = openWorkspaceClock(store.db, options.clock, options.fixedMs);
  const context: EngineContext = {
    store,
    clock: clock.now,
    assetsDir: options.assetsDir,
    newId: () => lateCrypto().randomBytes(16).toString('hex'),
    emit,
    sandbox: () => {
      sandbox ??= import('./sandbox/sandbox.ts').then(({ startSandbox }) =>
        startSandbox({ file: join(options.dir, 'sandbox.db'), port: options.sandboxPort ?? 0 }),
      );
      return sandbox;
    },
  };
  let takenBack: CutOffBatch[];
  try {
    takenBack = recoverBatches(store.db);
    recoverRuns(context);
    await finishWhatWasCutOff(context);
  } catch (error) {
    store.close();
    throw asStoreFault(error, `Opening the workspace ${options.dir}`, true);
  }
  if (options.live === true) await (await liveMode()).start();
  const ticker =
    options.live === true
      ? (await import('./reevaluation/ticker.ts')).startTicker(context, clock)
      : undefined;
  const jobs = createJobs(
    (progress) => emit('jobProgress', progress),
    () => performance.now(),
  );
  const domains = createDomains(context, { clock, jobs, live: liveMode });
  if (options.live === true) await domains.loadAll();
  return {
    context,
    takenBack,
    async call(name, input, { signal, progress, credentials } = {}) {
      const parsed = parseInput(name, input);
      // The id in a cancellation is that of another call, which it must not take the place of.
      const jobId = name === 'job.cancel' ? undefined : jobIdOf(parsed);
      const job = jobs.begin(jobId, signal);
      const report = (raw: Omit<JobProgress, 'jobId'>) => {
        job.report(raw);
        progress?.({ jobId: jobId ?? '', ...raw });
      };
      try {
        const handler = await domains.handlerOf(name);
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
      if (live !== undefined) await (await live).stop();
      await pauseAll(context, CLOSED);
      if (sandbox !== undefined) await (await sandbox).close();
      store.close();
    },
  };
}

/** Goes on with an edit of rules, or a loading of the sample, that a process ended in the middle of. */
async function finishWhatWasCutOff(context: EngineContext): Promise<void> {
  const { db } = context.store;
  if (rulesChanged(db)) {
    const { reevaluateAll } = await import('./reevaluation/whole-store.ts');
    await reevaluateAll(context, quiet());
  }
  if (sampleUnfinished(db)) {
    const { loadSample } = await import('./workspace/sample.ts');
    await loadSample(context, quiet());
  }
}

/** For work at opening, which nobody waits for with a bar or can cancel. */
function quiet(): Pick<CallContext, 'signal' | 'progress'> {
  return { signal: new AbortController().signal, progress: () => undefined };
}

function parseInput(name: string, input: unknown): unknown {
  const declared = findCall(engineContract, name);
  if (declared === undefined) throw unknownCall(name);
  const parsed = declared.input.safeParse(input);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    const said = issues
      .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
      .join('; ');
    throw new SegueError('INVALID_INPUT', `${name}: ${said}.`, { issues });
  }
  return parsed.data;
}

function jobIdOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !('jobId' in input)) return undefined;
  return typeof input.jobId === 'string' ? input.jobId : undefined;
}
