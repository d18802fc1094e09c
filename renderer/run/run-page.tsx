import { ChevronLeft } from 'lucide-react';
import { useState } from 'react';
import type { MessageState, RunDetail, RunRow } from '../../preload/contract/run.ts';
import { runAction, useAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { guarded } from '../shell/guard.ts';
import { useNavigation } from '../shell/navigation.ts';
import { Button } from '../ui/controls.tsx';
import { Facts } from '../ui/facts.tsx';
import { count, duration, instant, plural, rate } from '../ui/format.ts';
import { ErrorNotice, Notice } from '../ui/notice.tsx';
import { Progress } from '../ui/progress.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';
import {
  latestRow,
  type RateSample,
  secondsLeft,
  settledOf,
  useRunProgress,
  verbsOf,
} from './progress-store.ts';
import { RateControl } from './rate-control.tsx';
import { RateOverTime } from './rate-over-time.tsx';
import { MESSAGES_ID, RunMessages } from './run-messages.tsx';
import { StateBadge } from './state-badge.tsx';
import './run.css';

const NO_SAMPLES: readonly RateSample[] = [];

/** The line under the bar: how far, how fast, how long still. */
export function progressText(row: RunRow, samples: readonly RateSample[]): string {
  const done = `${count(settledOf(row))} of ${count(row.planned)} messages`;
  if (verbsOf(row).ended) return `${done} in ${duration(row.seconds)}`;
  if (row.state !== 'running') return done;
  const left = secondsLeft(row.pending, samples);
  const time =
    left === null ? 'time left not known yet' : `${duration(left.from)} to ${duration(left.to)} left`;
  return `${done} · ${rate(row.messagesPerSecond)} per second · ${time}`;
}

function useRunActions(row: RunRow) {
  const { id, workflow, environment } = row;
  const verbs = verbsOf(row);
  const what = (verb: string) => `${verb} sends messages of the run to the queue of ${workflow}.`;
  const exportRun = async () => {
    const { path } = await api.app.chooseSaveFile({ title: 'Export run', defaultName: `run-${id}.ndjson` });
    if (path === null) return;
    const { count: written, file } = await api.run.export({ id, out: path });
    toastDone(`${count(written)} messages written to ${file}`);
  };
  useAction('run.pause', () => orToast(api.run.pause({ id })), verbs.pause);
  useAction(
    'run.resume',
    () =>
      orToast(
        guarded({ workflow, environment, what: what('Resume') }, (guards) =>
          api.run.resume({ id, ...guards }),
        ),
      ),
    verbs.resume,
  );
  useAction(
    'run.retry',
    () =>
      orToast(
        guarded({ workflow, environment, what: what('Retry') }, (guards) => api.run.retry({ id, ...guards })),
      ),
    verbs.retry,
  );
  useAction(
    'run.cancel',
    () =>
      orToast(
        api.run
          .cancel({ id })
          .then((end) => toastDone(`Run cancelled; ${count(end.sent)} messages stay sent`)),
      ),
    verbs.cancel,
  );
  useAction('run.export', () => orToast(exportRun()));
  return verbs;
}

function Counts({ row }: { row: RunRow }) {
  const facts: [string, string][] = [
    ['Sent', count(row.sent)],
    ['Failed', count(row.failed)],
    ['Parked', count(row.parked)],
    ['Left', count(row.pending)],
    ['Retries', count(row.retries)],
    ['Possible duplicates', count(row.possibleDuplicates)],
  ];
  return <Facts label="Counts" facts={facts} />;
}

function Findings({ detail }: { detail: RunDetail }) {
  return (
    <>
      {detail.errors.length > 0 ? (
        <section className="card" aria-label="Errors">
          <h2>Errors</h2>
          <table className="plain">
            <tbody>
              {detail.errors.map((error) => (
                <tr key={`${error.code} ${error.message}`}>
                  <th scope="row">
                    <code>{error.code}</code>
                  </th>
                  <td>{error.message}</td>
                  <td className="right">{count(error.count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
      {detail.possibleDuplicates > 0 ? (
        <details className="card">
          <summary>{count(detail.possibleDuplicates)} possible duplicates</summary>
          <p className="hint">
            These were in flight when their outcome was lost, so the queue may hold them twice.
          </p>
          <table className="plain" aria-label="Possible duplicates">
            <tbody>
              {detail.duplicates.map((duplicate) => (
                <tr key={duplicate.n}>
                  <td className="right">{count(duplicate.n)}</td>
                  <th scope="row">{duplicate.userId}</th>
                  <td className="mono">{duplicate.at}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      ) : null}
    </>
  );
}

function RunShown({ detail }: { detail: RunDetail }) {
  const trace = useRunProgress((state) => state.traces[detail.id]);
  const go = useNavigation((state) => state.go);
  const row = latestRow(detail, trace?.row);
  const samples = trace?.samples ?? NO_SAMPLES;
  const verbs = useRunActions(row);
  const [state, setState] = useState<MessageState | ''>('');
  const refused = row.parked > 0 ? 'parked' : row.failed > 0 ? 'failed' : null;
  return (
    <div className="view run-page">
      <div className="view-head">
        <Button small variant="quiet" onClick={() => go({ name: 'runs' })}>
          <ChevronLeft aria-hidden size={14} /> All runs
        </Button>
        <h1>
          {row.dryRun
            ? 'Dry run'
            : row.kind === 'test'
              ? 'Test'
              : row.kind === 'backfill'
                ? 'Backfill'
                : row.kind === 'live'
                  ? 'Live run'
                  : 'Replay'}{' '}
          of {row.workflow}
        </h1>
        <StateBadge state={row.state} />
        <span className="spacer" />
        <Button disabled={!verbs.pause} onClick={() => runAction('run.pause')}>
          Pause
        </Button>
        <Button disabled={!verbs.resume} onClick={() => runAction('run.resume')}>
          Resume
        </Button>
        <Button variant="danger" disabled={!verbs.cancel} onClick={() => runAction('run.cancel')}>
          Cancel run
        </Button>
        <Button disabled={!verbs.retry} onClick={() => runAction('run.retry')}>
          Retry parked
        </Button>
        <Button onClick={() => runAction('run.export')}>Export…</Button>
      </div>
      {row.reason ? (
        <Notice tone={row.state === 'failed' ? 'error' : 'info'} title="Reason">
          <p>{row.reason}</p>
        </Notice>
      ) : null}
      {row.kind === 'live' ? (
        <p className="hint">
          Sends changes as they arise. A change that was sent stays sent, also when its import is undone.
        </p>
      ) : null}
      <Progress
        label="Run progress"
        share={row.planned === 0 ? (verbs.ended ? 1 : 0) : settledOf(row) / row.planned}
        text={progressText(row, samples)}
      />
      <Counts row={row} />
      {refused === null ? null : (
        <Notice tone="warning" title={`${plural(row[refused], 'message')} ${refused}`}>
          <div className="row">
            <span>
              {refused === 'parked'
                ? 'A parked message can be edited, retried or exported; nothing of it reached the queue.'
                : 'A failed message can be retried or exported.'}
            </span>
            <span className="spacer" />
            <Button
              small
              onClick={() => {
                setState(refused);
                document.getElementById(MESSAGES_ID)?.scrollIntoView({ block: 'nearest' });
              }}
            >
              Show {refused}
            </Button>
          </div>
        </Notice>
      )}
      <div className="run-side-by-side">
        <RateOverTime samples={samples} row={row} />
        <section className="card" aria-label="Run facts">
          <dl className="facts">
            <dt>Created (UTC)</dt>
            <dd>{instant(row.createdAt)}</dd>
            <dt>Ended (UTC)</dt>
            <dd>{instant(row.endedAt)}</dd>
            <dt>Queue</dt>
            <dd className="mono break">{row.queueUrl}</dd>
            <dt>Profile</dt>
            <dd>{detail.options.profile === 'as-of' ? 'as it was at the change' : 'as it is now'}</dd>
            <dt>Concurrency</dt>
            <dd>{row.concurrency}</dd>
          </dl>
          <RateControl row={row} enabled={verbs.setRate} />
        </section>
      </div>
      <Findings detail={detail} />
      <RunMessages id={row.id} state={state} onState={setState} />
    </div>
  );
}

/** One run: its progress, its verbs, its findings and its messages. */
export function RunPage({ id }: { id: string }) {
  const detail = useAnswer('run', 'show', { id }, { keep: true });
  if (detail.error) return <ErrorNotice error={detail.error} />;
  return detail.data ? <RunShown key={id} detail={detail.data} /> : <p className="hint">Loading the run</p>;
}
