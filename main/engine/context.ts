import type { EngineContract, Handlers } from '../../preload/contract/contract.ts';
import type { EventName, EventPayload, JobProgress } from '../../preload/contract/events.ts';
import type { Clock } from './core/clock.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import type { Store } from './store/store.ts';

/** AWS keys on their way to one run or one request. Held in memory only, never logged, stored or sent to the window. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What every engine domain is given: the store, the time, ids, the embedded sandbox and a way to tell the window. */
export interface EngineContext {
  readonly store: Store;
  readonly clock: Clock;
  /** A fresh id of 32 hex digits, for runs and subscriptions. */
  readonly newId: () => string;
  /** The folder with the sample workspace. */
  readonly assetsDir: string;
  /** The workspace's embedded sandbox queue server, started at its first use. */
  readonly sandbox: () => Promise<Sandbox>;
  readonly emit: <N extends EventName>(name: N, payload: EventPayload<N>) => void;
}

/** What long work looks at from time to time: an abort signal, or what tells a thread that its caller has cancelled. */
export type Cancellation = Pick<AbortSignal, 'aborted'>;

/** What one call is given beside its input. */
export interface CallContext {
  /** Aborted when the caller cancels the job; the handler then leaves the store as it was and throws CANCELLED. */
  readonly signal: AbortSignal;
  /** Reports progress; throttled by the receiver, so that a handler may call it for every chunk. */
  readonly progress: (progress: Omit<JobProgress, 'jobId'>) => void;
  /** Present when the caller resolved the workflow's authorization; the embedded sandbox brings its own keys. */
  readonly credentials?: Credentials;
}

/** One domain's handlers, made by its `create…Handlers(engine)`. */
export type DomainHandlers<D extends keyof EngineContract> = Handlers<EngineContract, CallContext>[D];
