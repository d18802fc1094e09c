import { useState } from 'react';
import type { ChangeRow } from '../../preload/contract/history.ts';
import { changeCause, eventKind } from '../../preload/contract/values.ts';
import { runAction, useAction } from '../actions/handlers.ts';
import { api, newJobId } from '../bridge.ts';
import { useAnswer, usePages } from '../data/queries.ts';
import { useDebounced } from '../message/use-debounced.ts';
import { SampleOffer } from '../shell/sample-offer.tsx';
import { Button, SelectField, TextField } from '../ui/controls.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { plural } from '../ui/format.ts';
import { Moment } from '../ui/moment.tsx';
import { Empty, ReadFailed } from '../ui/notice.tsx';
import { Segments } from '../ui/segments.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';
import { causeWords } from './cause-words.ts';
import { ChangeHistogram } from './change-histogram.tsx';
import { ChangePanel } from './change-panel.tsx';
import { type HistoryForm, noFilter, readHistoryForm, timeError } from './filter.ts';
import './history.css';

const columns: readonly Column<ChangeRow>[] = [
  { id: 'at', header: 'Instant (UTC)', width: 168, cell: (row) => <Moment at={row.at} /> },
  { id: 'user', header: 'User', cell: (row) => row.user_id },
  { id: 'audience', header: 'Audience', cell: (row) => row.audience },
  {
    id: 'event',
    header: 'Event',
    width: 68,
    cell: (row) => <span className={`event ${row.event}`}>{row.event}</span>,
  },
  { id: 'cause', header: 'Cause', width: 96, cell: (row) => causeWords[row.cause] },
];

interface FiltersProps {
  form: HistoryForm;
  onChange: (form: HistoryForm) => void;
}

function Filters({ form, onChange }: FiltersProps) {
  const audiences = useAnswer('audience', 'list', {});
  const set = (part: Partial<HistoryForm>) => onChange({ ...form, ...part });
  return (
    <search className="filters" aria-label="History filters">
      <TextField
        label="From (UTC)"
        placeholder="beginning"
        value={form.from}
        onChange={(event) => set({ from: event.target.value })}
        error={timeError(form.from)}
      />
      <TextField
        label="To (UTC)"
        placeholder="end"
        value={form.to}
        onChange={(event) => set({ to: event.target.value })}
        error={timeError(form.to)}
      />
      <SelectField
        label="Audience"
        value={form.audience}
        onChange={(event) => set({ audience: event.target.value })}
      >
        <option value="">All</option>
        {(audiences.data?.rows ?? []).map(({ slug }) => (
          <option key={slug} value={slug}>
            {slug}
          </option>
        ))}
      </SelectField>
      <SelectField label="Event" value={form.event} onChange={(event) => set({ event: event.target.value })}>
        <option value="">All</option>
        {eventKind.options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </SelectField>
      <SelectField label="Cause" value={form.cause} onChange={(event) => set({ cause: event.target.value })}>
        <option value="">All</option>
        {changeCause.options.map((option) => (
          <option key={option} value={option}>
            {causeWords[option]}
          </option>
        ))}
      </SelectField>
      <TextField
        label="User"
        placeholder="user key"
        value={form.userId}
        onChange={(event) => set({ userId: event.target.value })}
      />
      <Button small disabled={form === noFilter} onClick={() => onChange(noFilter)}>
        Clear filters
      </Button>
    </search>
  );
}

/** Every change that is known, newest first, with the reason of the selected one beside it. */
export function HistoryView() {
  const [form, setForm] = useState(noFilter);
  const [order, setOrder] = useState<'newest' | 'oldest'>('newest');
  const [selected, setSelected] = useState<ChangeRow | null>(null);
  const filter = readHistoryForm(useDebounced(form, 250));
  const pages = usePages('history.page', { ...filter, order }, (page) =>
    api.history.page({ ...filter, order, ...page }),
  );
  const total = useAnswer('history', 'count', filter, { keep: true });

  const exportHistory = async () => {
    const { path } = await api.app.chooseSaveFile({ title: 'Export history', defaultName: 'history.ndjson' });
    if (path === null) return;
    const written = await api.history.export({ ...filter, out: path, jobId: newJobId() });
    toastDone(`${plural(written.count, 'change')} written to ${written.file}`);
  };
  useAction('history.export', () => orToast(exportHistory()));

  return (
    <div className="view history">
      <div className="view-head">
        <h1>History</h1>
        <span role="status" className="muted">
          {total.data ? plural(total.data.count, 'change') : ''}
        </span>
        <span className="spacer" />
        <Segments
          label="Order"
          value={order}
          onChange={setOrder}
          options={[
            { value: 'newest', title: 'Newest first' },
            { value: 'oldest', title: 'Oldest first' },
          ]}
        />
        <Button small onClick={() => runAction('import.archive')}>
          Import archived messages…
        </Button>
        <Button small onClick={() => runAction('capture.open')}>
          Capture messages…
        </Button>
        <Button small onClick={() => runAction('import.batches')}>
          Imports…
        </Button>
        <Button small onClick={() => runAction('history.export')}>
          Export…
        </Button>
      </div>
      <Filters form={form} onChange={setForm} />
      <ChangeHistogram filter={filter} onPeriod={(from, to) => setForm({ ...form, from, to })} />
      <ReadFailed read={pages} />
      <div className="with-side grow">
        <DataTable
          label="Changes"
          columns={columns}
          rows={pages.rows}
          rowKey={(row) => String(row.seq)}
          selected={selected === null ? null : String(selected.seq)}
          onSelect={setSelected}
          hasMore={pages.hasNextPage}
          loading={pages.isFetching}
          onEnd={pages.fetchNextPage}
          empty={
            form === noFilter ? (
              <Empty title="No change yet">
                <p>
                  Changes come from membership snapshots, profile imports, rules, the clock and archived
                  messages.
                </p>
                <div className="row">
                  <Button variant="primary" onClick={() => runAction('import.snapshot')}>
                    Import membership snapshot…
                  </Button>
                  <SampleOffer />
                </div>
              </Empty>
            ) : (
              <Empty title="No change matches the filters" />
            )
          }
        />
        {selected === null ? null : <ChangePanel change={selected} onClose={() => setSelected(null)} />}
      </div>
    </div>
  );
}
