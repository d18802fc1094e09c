import type { ParsedInputOf } from '../../../preload/contract/call.ts';
import type { LiveRow, setLive } from '../../../preload/contract/live.ts';
import { type RunRow, runOptions, runSelection } from '../../../preload/contract/run.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { formatInstant, instantOfMs } from '../core/instant.ts';
import { sendsEvent } from '../message/prepare.ts';
import { criteriaOf } from '../run/criteria.ts';
import { openJournal, type RunRecord } from '../run/journal.ts';
import { materialise } from '../run/materialise.ts';
import { deleteRun, insertRun, requireRun, setState, toRunRow } from '../run/run-store.ts';
import { beginSession } from '../run/session.ts';
import { CLOSED, findSession } from '../run/sessions.ts';
import { connect, continueRun } from '../run/start.ts';
import { requireWorkflow } from '../workflow/store.ts';
import { appendChanges, settledUpTo } from './append.ts';
import { deleteLive, findLive, insertLive, type LiveRecord, listLive, runOfLive } from './live-store.ts';

const WAITING = 'Waiting for credentials. Changes are journalled and sent when the run is resumed.';
/** How often the history is looked at without a sign of a change, in milliseconds; it reads one index entry. */
const INTERVAL_MS = 1000;

type SetLive = ParsedInputOf<typeof setLive>;

/** The live mode of a workspace's workflows. */
export interface Live {
  list(): LiveRow[];
  set(input: SetLive, context: CallContext): Promise<RunRow>;
  /** Looks at once for changes that have arisen. Never rejects. */
  look(): Promise<void>;
  /** Resumes what needs no keys, and follows the history from then on. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Follows the history for every live workflow. Nothing is sent before {@link Live.start} or a switch-on. */
export function createLive(engine: EngineContext): Live {
  const { db } = engine.store;
  const stopped = new AbortController();
  let last: Promise<void> = Promise.resolve();
  let queued = false;
  let timer: NodeJS.Timeout | undefined;
  let following = false;

  const changed = () => engine.emit('storeChanged', { tables: ['run', 'workflow'] });

  async function follow(live: LiveRecord): Promise<void> {
    const { key } = runOfLive(db, live);
    try {
      if ((await appendChanges(engine, live, stopped.signal)) === 0) return;
      findSession(engine, key)?.dispatcher.more();
      changed();
    } catch (error) {
      // The cursor has not moved: the next look takes the same changes up again.
      if (stopped.signal.aborted || !(error instanceof SegueError)) return;
      findSession(engine, key)?.dispatcher.stop('paused', error.message);
    }
  }

  /** One look at a time: two would number the same changes. A look that waits its turn serves everyone who asks. */
  function look(): Promise<void> {
    if (queued) return last;
    queued = true;
    last = last.then(async () => {
      queued = false;
      if (stopped.signal.aborted) return;
      for (const live of listLive(db)) await follow(live);
    });
    return last;
  }

  function startFollowing(): void {
    if (following) return;
    following = true;
    poll();
  }

  function poll(): void {
    void look().finally(() => {
      if (!stopped.signal.aborted) timer = setTimeout(poll, INTERVAL_MS);
    });
  }

  async function switchOn({ name, ...consent }: SetLive, context: CallContext): Promise<RunRow> {
    const present = findLive(db, name);
    if (present !== undefined) {
      const run = runOfLive(db, present);
      if (findSession(engine, run.key) !== undefined) return toRunRow(db, run);
      return continueRun(engine, 'resume', { id: run.key, ...consent }, context);
    }
    const workflow = requireWorkflow(db, name);
    const selection = runSelection.parse({});
    const options = runOptions.parse({});
    const criteria = criteriaOf(db, workflow, selection, null);
    const connection = await connect(engine, workflow, consent, context.credentials, {
      sockets: options.concurrency,
      dryRun: false,
    });
    const nowMs = engine.clock();
    const seq = settledUpTo(db, 0);
    const run = insertRun(db, { key: engine.newId(), kind: 'live', workflow, selection, options, nowMs });
    try {
      if (workflow.existingUsers && sendsEvent(workflow, 'enter')) {
        const { signal } = context;
        await materialise(engine.store, run.id, 'backfill', criteria, instantOfMs(nowMs), {
          max: null,
          signal,
        });
      }
      const journal = await openJournal(engine.store.file, run.id);
      if (findLive(db, name) !== undefined) {
        await journal.close();
        throw new SegueError('CONFLICT', `The workflow "${name}" was switched live meanwhile.`);
      }
      insertLive(db, { workflow: name, run_id: run.id, seq, since_ms: nowMs });
      beginSession(engine, requireRun(db, run.key), connection, journal);
    } catch (error) {
      connection.client.close();
      deleteRun(db, run.id);
      throw error;
    }
    startFollowing();
    changed();
    return toRunRow(db, requireRun(db, run.key));
  }

  async function switchOff(name: string): Promise<RunRow> {
    const live = findLive(db, name);
    if (live === undefined) {
      throw new SegueError('CONFLICT', `The workflow "${name}" is not live.`, { workflow: name });
    }
    await look();
    deleteLive(db, name);
    const run = runOfLive(db, live);
    const session = findSession(engine, run.key);
    if (session !== undefined) session.dispatcher.drain();
    else settleOff(run);
    changed();
    return toRunRow(db, requireRun(db, run.key));
  }

  /** Off while nobody sends: a run with nothing left has ended, another waits to be resumed or cancelled. */
  function settleOff(run: RunRecord): void {
    const { pending, parked, failed } = toRunRow(db, run);
    if (pending > 0) {
      const reason = `Live mode is off. ${pending} journalled messages are left: resume sends them, cancel leaves them unsent.`;
      setState(db, run.id, run.state, { reason });
    } else {
      const state = parked + failed > 0 ? 'completed_with_errors' : 'completed';
      setState(db, run.id, state, { reason: null, endedMs: engine.clock() });
    }
  }

  async function resume(run: RunRecord): Promise<void> {
    const goesOn = run.state === 'interrupted' || (run.state === 'paused' && run.reason === CLOSED);
    if (!goesOn) return;
    let reason = WAITING;
    if (run.queue_url.startsWith('sandbox:') && run.environment !== 'production') {
      try {
        const call = { signal: stopped.signal, progress: () => undefined };
        await continueRun(engine, 'resume', { id: run.key }, call);
        return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
    setState(db, run.id, 'paused', { reason });
  }

  return {
    look,
    list: () =>
      listLive(db).map((live) => {
        const run = runOfLive(db, live);
        return {
          workflow: live.workflow,
          since: formatInstant(instantOfMs(live.since_ms)),
          waiting: run.state === 'paused' && run.reason === WAITING,
          run: toRunRow(db, run),
        };
      }),
    set: (input, context) => (input.live ? switchOn(input, context) : switchOff(input.name)),
    async start() {
      for (const live of listLive(db)) await resume(runOfLive(db, live));
      startFollowing();
      changed();
    },
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      await last;
    },
  };
}
