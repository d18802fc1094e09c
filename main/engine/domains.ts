import type { EngineContract, Handlers } from '../../preload/contract/contract.ts';
import type { WorkspaceClock } from './clock/workspace-clock.ts';
import type { CallContext, EngineContext } from './context.ts';
import { SegueError } from './core/errors.ts';
import type { Jobs } from './jobs.ts';
import type { Live } from './live/live.ts';

type DomainTable = Handlers<EngineContract, CallContext>;
type Loaders = { readonly [D in keyof DomainTable]: () => Promise<DomainTable[D]> };

/** What answers one call: parsed input in, output out. */
export type AnyHandler = (input: unknown, context: CallContext) => unknown;

/**
 * The domains of one engine. A domain's code is loaded at its first call: a command of one domain took most of its time to
 * compile the code of all.
 */
export interface Domains {
  /** Finds the handler of a call by its name. @throws USAGE for a name that no domain has */
  handlerOf(name: string): Promise<AnyHandler>;
  /** Loads every domain, for a process that stays: no call has to wait for code then. */
  loadAll(): Promise<void>;
}

/** What domains need beside the engine's context. */
export interface DomainParts {
  readonly clock: WorkspaceClock;
  readonly jobs: Jobs;
  readonly live: () => Promise<Live>;
}

/** The handlers of every domain of one engine. */
export function createDomains(context: EngineContext, parts: DomainParts): Domains {
  const loaders: Record<string, () => Promise<Record<string, unknown>>> = loadersOf(context, parts);
  const loaded = new Map<string, Promise<Record<string, unknown>>>();
  function tableOf(domain: string): Promise<Record<string, unknown>> | undefined {
    const known = loaded.get(domain);
    if (known !== undefined || !Object.hasOwn(loaders, domain)) return known;
    const table = loaders[domain]?.();
    if (table !== undefined) loaded.set(domain, table);
    return table;
  }
  return {
    async handlerOf(name) {
      const [domain = '', verb = ''] = name.split('.');
      const table = await tableOf(domain);
      const handler = table !== undefined && Object.hasOwn(table, verb) ? table[verb] : undefined;
      if (typeof handler !== 'function') throw unknownCall(name);
      return handler as AnyHandler;
    },
    async loadAll() {
      await Promise.all(Object.keys(loaders).map(tableOf));
    },
  };
}

/** A call by a name that nobody answers. */
export function unknownCall(name: string): SegueError {
  return new SegueError('USAGE', `There is no call named "${name}".`);
}

function loadersOf(context: EngineContext, { clock, jobs, live }: DomainParts): Loaders {
  return {
    workspace: async () => (await import('./workspace/handlers.ts')).createWorkspaceHandlers(context),
    clock: async () => (await import('./clock/handlers.ts')).createClockHandlers(context, clock),
    job: async () => ({ cancel: ({ jobId }) => ({ cancelled: jobs.cancel(jobId) }) }),
    profile: async () => (await import('./profile/handlers.ts')).createProfileHandlers(context),
    retention: async () => (await import('./retention/handlers.ts')).createRetentionHandlers(context, clock),
    audience: async () => (await import('./audience/handlers.ts')).createAudienceHandlers(context),
    snapshot: async () => (await import('./snapshot/handlers.ts')).createSnapshotHandlers(context),
    history: async () => (await import('./history/handlers.ts')).createHistoryHandlers(context),
    batch: async () => (await import('./batch/handlers.ts')).createBatchHandlers(context),
    workflow: async () => {
      const { createWorkflowHandlers } = await import('./workflow/handlers.ts');
      return {
        ...createWorkflowHandlers(context),
        setLive: async (input, call) => (await live()).set(input, call),
      };
    },
    message: async () => (await import('./message/handlers.ts')).createMessageHandlers(context),
    run: async () => (await import('./run/handlers.ts')).createRunHandlers(context),
    live: async () => ({ list: async () => ({ rows: (await live()).list() }) }),
    bundle: async () => (await import('./bundle/handlers.ts')).createBundleHandlers(context),
    capture: async () => (await import('./capture/handlers.ts')).createCaptureHandlers(context),
    sandbox: async () => (await import('./sandbox/handlers.ts')).createSandboxHandlers(context),
  };
}
