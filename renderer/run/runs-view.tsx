import { useState } from 'react';
import type { RunRow } from '../../preload/contract/run.ts';
import { runAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { useAnswer, usePages } from '../data/queries.ts';
import { useNavigation } from '../shell/navigation.ts';
import { SampleOffer } from '../shell/sample-offer.tsx';
import { Button, SelectField } from '../ui/controls.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { count, duration } from '../ui/format.ts';
import { RecentMoment } from '../ui/moment.tsx';
import { Empty, ReadFailed } from '../ui/notice.tsx';
import { latestRow, useRunProgress } from './progress-store.ts';
import { StateBadge } from './state-badge.tsx';
import './run.css';

const columns: readonly Column<RunRow>[] = [
  { id: 'created', header: 'Created (UTC)', width: 222, cell: (row) => <RecentMoment at={row.createdAt} /> },
  { id: 'workflow', header: 'Workflow', cell: (row) => row.workflow },
  { id: 'kind', header: 'Kind', width: 90, cell: (row) => (row.dryRun ? `${row.kind}, dry` : row.kind) },
  { id: 'environment', header: 'Environment', width: 96, cell: (row) => row.environment },
  { id: 'state', header: 'State', width: 184, cell: (row) => <StateBadge state={row.state} /> },
  { id: 'planned', header: 'Planned', width: 72, align: 'right', cell: (row) => count(row.planned) },
  { id: 'sent', header: 'Sent', width: 60, align: 'right', cell: (row) => count(row.sent) },
  { id: 'parked', header: 'Parked', width: 66, align: 'right', cell: (row) => count(row.parked) },
  { id: 'failed', header: 'Failed', width: 62, align: 'right', cell: (row) => count(row.failed) },
  {
    id: 'took',
    header: 'Took',
    width: 86,
    align: 'right',
    cell: (row) => (row.startedAt === null ? '–' : duration(row.seconds)),
  },
];

/** Every run, the newest first. A click or Enter opens it. */
export function RunsView() {
  const workflows = useAnswer('workflow', 'list', {});
  const [workflow, setWorkflow] = useState('');
  const [selected, setSelected] = useState<string | null>(null);
  const go = useNavigation((state) => state.go);
  const traces = useRunProgress((state) => state.traces);
  const filter = workflow === '' ? {} : { workflow };
  const pages = usePages('run.list', filter, (page) => api.run.list({ ...filter, ...page }));
  const rows = pages.rows.map((row) => latestRow(row, traces[row.id]?.row));
  return (
    <div className="view">
      <div className="view-head">
        <h1>Runs</h1>
        <SelectField label="Workflow" value={workflow} onChange={(event) => setWorkflow(event.target.value)}>
          <option value="">All</option>
          {(workflows.data?.rows ?? []).map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
        <span className="spacer" />
        <Button small onClick={() => runAction('bundle.merge')}>
          Merge journals…
        </Button>
        <Button small onClick={() => runAction('capture.open')}>
          Capture messages…
        </Button>
      </div>
      <ReadFailed read={pages} />
      <DataTable
        label="Runs"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        selected={selected}
        onSelect={(row) => setSelected(row.id)}
        onOpen={(row) => go({ name: 'run', id: row.id })}
        hasMore={pages.hasNextPage}
        loading={pages.isFetching}
        onEnd={pages.fetchNextPage}
        empty={
          <Empty title="No run yet">
            <p>A test send, a replay or a backfill of a workflow appears here with its journal.</p>
            <div className="row">
              <Button variant="primary" onClick={() => go({ name: 'workflows' })}>
                Open workflows
              </Button>
              <SampleOffer />
            </div>
          </Empty>
        }
      />
    </div>
  );
}
