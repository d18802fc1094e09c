import type { RunRow } from '../../../preload/contract/run.ts';
import type { DomainHandlers, EngineContext } from '../context.ts';
import { runsOfChange } from './change-runs.ts';
import { editMessage } from './edit-message.ts';
import { planRun } from './plan.ts';
import { exportMessages, pageMessages, readMessage } from './run-messages.ts';
import { cancelPending, listRuns, requireRun, setState, toRunDetail, toRunRow } from './run-store.ts';
import { findSession } from './sessions.ts';
import { continueRun, settledRun, startRun } from './start.ts';
import { nextState, requireNextState } from './state.ts';

/** Answers `run.*`: plan, start and steer runs, and read their journals. */
export function createRunHandlers(engine: EngineContext): DomainHandlers<'run'> {
  const { db } = engine.store;

  const show = (id: string): RunRow => toRunRow(db, requireRun(db, id));

  const cancel = async (id: string): Promise<RunRow> => {
    const session = findSession(engine, id);
    if (session !== undefined) {
      session.dispatcher.stop('cancelled', null);
      const row = await session.ended;
      // It may have paused or failed by itself in the same moment.
      if (nextState(row.state, 'cancel') === undefined) return row;
    }
    const run = settledRun(engine, id);
    const state = requireNextState(id, run.state, 'cancel');
    setState(db, run.id, state, { reason: null, endedMs: engine.clock() });
    await cancelPending(db, run.id);
    engine.emit('storeChanged', { tables: ['run'] });
    return show(id);
  };

  return {
    plan: (request, context) => planRun(engine, request, context),
    start: (input, context) => startRun(engine, input, context),
    list: ({ workflow, cursor, limit }) => {
      const before = cursor === null ? Number.MAX_SAFE_INTEGER : Number(cursor);
      const rows = listRuns(db, workflow, before, limit);
      const last = rows.at(-1);
      return {
        rows: rows.map((run) => toRunRow(db, run)),
        next: rows.length === limit && last !== undefined ? String(last.id) : null,
      };
    },
    show: ({ id }) => toRunDetail(db, requireRun(db, id)),
    pause: async ({ id }) => {
      const session = findSession(engine, id);
      if (session === undefined) {
        requireNextState(id, settledRun(engine, id).state, 'pause');
        return show(id);
      }
      session.dispatcher.stop('paused', null);
      return session.ended;
    },
    resume: (input, context) => continueRun(engine, 'resume', input, context),
    cancel: ({ id }) => cancel(id),
    retry: (input, context) => continueRun(engine, 'retry', input, context),
    setRate: ({ id, rate }) => {
      const run = requireRun(db, id);
      db.prepare('UPDATE run SET rate = ? WHERE id = ?').run(rate, run.id);
      findSession(engine, id)?.dispatcher.setRate(rate);
      engine.emit('storeChanged', { tables: ['run'] });
      return show(id);
    },
    messages: ({ id, state, cursor, limit }) => {
      const rows = pageMessages(db, requireRun(db, id), {
        state,
        afterN: cursor === null ? 0 : Number(cursor),
        limit,
      });
      const last = rows.at(-1);
      return { rows, next: rows.length === limit && last !== undefined ? String(last.n) : null };
    },
    ofChange: ({ seq }) => runsOfChange(db, seq),
    message: ({ id, n }) => readMessage(db, requireRun(db, id), n),
    editMessage: (input, context) => editMessage(engine, input, context),
    export: async ({ id, out }, context) => ({
      count: await exportMessages(db, requireRun(db, id), out, context.signal),
      file: out,
    }),
  };
}
