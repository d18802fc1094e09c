import { ChevronLeft } from 'lucide-react';
import { useState } from 'react';
import type { MessageState, RunDetail, RunRow } from '../../preload/contract/run.ts';
import { runAction } from '../actions/handlers.ts';
import { useAnswer } from '../data/queries.ts';
import { useNavigation } from '../shell/navigation.ts';
import { Button } from '../ui/controls.tsx';
import { Facts } from '../ui/facts.tsx';
import { count, plural } from '../ui/format.ts';
import { Notice, ReadFailed } from '../ui/notice.tsx';
import { Progress } from '../ui/progress.tsx';
import { latestRow, type RateSample, settledOf, useRunProgress } from './progress-store.ts';
import { RunMessages } from './run-messages.tsx';
import { RunPanel } from './run-panel.tsx';
import { progressText, runTitle } from './run-words.ts';
import { StateBadge } from './state-badge.tsx';
import { useRunActions } from './use-run-actions.ts';
import './run.css';

const NO_SAMPLES: readonly RateSample[] = [];

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

/** Says that messages were refused, what can be done with them, and shows them; nothing when none was. */
function RefusedNotice({ row, onShow }: { row: RunRow; onShow: (state: MessageState) => void }) {
  const refused = row.parked > 0 ? 'parked' : row.failed > 0 ? 'failed' : null;
  if (refused === null) return null;
  return (
    <Notice tone="warning">
      <div className="row">
        <strong>
          {plural(row[refused], 'message')} {refused}
        </strong>
        <span>
          {refused === 'parked'
            ? 'Nothing of them reached the queue; edit, retry or export them.'
            : 'They can be retried or exported.'}
        </span>
        <span className="spacer" />
        <Button small onClick={() => onShow(refused)}>
          Show {refused}
        </Button>
      </div>
    </Notice>
  );
}

function RunShown({ detail }: { detail: RunDetail }) {
  const trace = useRunProgress((state) => state.traces[detail.id]);
  const go = useNavigation((state) => state.go);
  const row = latestRow(detail, trace?.row);
  const samples = trace?.samples ?? NO_SAMPLES;
  const verbs = useRunActions(row);
  const [state, setState] = useState<MessageState | ''>('');
  return (
    <div className="view run-page">
      <div className="view-head">
        <Button small variant="quiet" onClick={() => go({ name: 'runs' })}>
          <ChevronLeft aria-hidden size={14} /> All runs
        </Button>
        <h1>{runTitle(row)}</h1>
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
      <RefusedNotice row={row} onShow={setState} />
      <RunMessages id={row.id} state={state} onState={setState}>
        <RunPanel detail={detail} row={row} samples={samples} rateEnabled={verbs.setRate} />
      </RunMessages>
    </div>
  );
}

/** One run: its progress and its verbs, its messages, and beside them the selected one or the run as a whole. */
export function RunPage({ id }: { id: string }) {
  const detail = useAnswer('run', 'show', { id }, { keep: true });
  if (detail.error) return <ReadFailed read={detail} />;
  return detail.data ? <RunShown key={id} detail={detail.data} /> : <p className="hint">Loading the run</p>;
}
