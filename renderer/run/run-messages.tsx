import { useState } from 'react';
import { type MessageState, messageState, type RunMessageRow } from '../../preload/contract/run.ts';
import { api } from '../bridge.ts';
import { useAnswer, usePages } from '../data/queries.ts';
import { AttributesTable } from '../message/attributes-table.tsx';
import { MessageBody } from '../message/message-body.tsx';
import { SelectField } from '../ui/controls.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { count } from '../ui/format.ts';
import { ErrorNotice } from '../ui/notice.tsx';
import '../message/message.css';

const stateWords: Record<MessageState, string> = {
  pending: 'pending',
  in_flight: 'in flight',
  sent: 'sent',
  parked: 'parked',
  failed: 'failed',
  cancelled: 'cancelled',
};

const columns: readonly Column<RunMessageRow>[] = [
  { id: 'n', header: 'No.', width: 64, cell: (row) => count(row.n) },
  { id: 'user', header: 'User', cell: (row) => row.userId },
  { id: 'at', header: 'Instant', width: 182, cell: (row) => <span className="mono">{row.at}</span> },
  { id: 'state', header: 'State', width: 90, cell: (row) => stateWords[row.state] },
  { id: 'attempts', header: 'Attempts', width: 92, align: 'right', cell: (row) => row.attempts },
  {
    id: 'error',
    header: 'Error',
    cell: (row) => row.errorCode ?? (row.possibleDuplicate ? 'possible duplicate' : ''),
  },
];

function MessageDetail({ id, n }: { id: string; n: number }) {
  const message = useAnswer('run', 'message', { id, n });
  if (message.error) return <ErrorNotice error={message.error} />;
  if (message.data === undefined) return null;
  const { data } = message;
  return (
    <>
      <h3>Message {count(n)}</h3>
      <dl className="facts">
        <dt>Message id</dt>
        <dd className="mono">{data.messageId ?? 'none'}</dd>
        {data.errorCode === null ? null : (
          <>
            <dt>Error</dt>
            <dd>
              <code>{data.errorCode}</code> {data.errorMessage}
            </dd>
          </>
        )}
      </dl>
      <MessageBody label={`Body of message ${n}`} body={data.body} />
      <AttributesTable attributes={data.attributes} />
    </>
  );
}

/** The journal of a run: every message with its outcome, and the body of the selected one. */
export function RunMessages({ id }: { id: string }) {
  const [state, setState] = useState<MessageState | ''>('');
  const [selected, setSelected] = useState<number | null>(null);
  const filter = { id, ...(state === '' ? {} : { state }) };
  const pages = usePages('run.messages', filter, (page) => api.run.messages({ ...filter, ...page }));
  return (
    <section className="run-messages" aria-label="Messages of the run">
      <div className="view-head">
        <h2>Messages</h2>
        <SelectField
          label="State"
          value={state}
          onChange={(event) => setState(messageState.safeParse(event.target.value).data ?? '')}
        >
          <option value="">All</option>
          {messageState.options.map((option) => (
            <option key={option} value={option}>
              {stateWords[option]}
            </option>
          ))}
        </SelectField>
      </div>
      {pages.error ? <ErrorNotice error={pages.error} /> : null}
      <div className="with-side">
        <DataTable
          label="Messages"
          columns={columns}
          rows={pages.rows}
          rowKey={(row) => String(row.n)}
          selected={selected === null ? null : String(selected)}
          onSelect={(row) => setSelected(row.n)}
          hasMore={pages.hasNextPage}
          loading={pages.isFetching}
          onEnd={pages.fetchNextPage}
          empty={<p className="hint">No message in this state.</p>}
        />
        {selected === null ? null : (
          <aside className="side-panel" aria-label="Message detail">
            <MessageDetail id={id} n={selected} />
          </aside>
        )}
      </div>
    </section>
  );
}
