import { useState } from 'react';
import { type MessageState, messageState, type RunMessageRow } from '../../preload/contract/run.ts';
import { runAction, useAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { useAnswer, usePages } from '../data/queries.ts';
import { AttributesTable } from '../message/attributes-table.tsx';
import { MessageBody } from '../message/message-body.tsx';
import { Button, SelectField } from '../ui/controls.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { count, instant, plural } from '../ui/format.ts';
import { ErrorNotice, Notice } from '../ui/notice.tsx';
import { EditMessage } from './edit-message.tsx';
import '../message/message.css';

/** Where the page scrolls to for its messages. */
export const MESSAGES_ID = 'run-messages';

const stateWords: Record<MessageState, string> = {
  pending: 'pending',
  in_flight: 'in flight',
  sent: 'sent',
  parked: 'parked',
  failed: 'failed',
  cancelled: 'cancelled',
};

const columns: readonly Column<RunMessageRow>[] = [
  { id: 'n', header: 'No.', width: 70, cell: (row) => count(row.n) },
  { id: 'user', header: 'User', cell: (row) => row.userId },
  {
    id: 'at',
    header: 'Instant (UTC)',
    width: 168,
    cell: (row) => <time dateTime={row.at}>{instant(row.at)}</time>,
  },
  {
    id: 'state',
    header: 'State',
    width: 84,
    cell: (row) => <span className={`message-state ${row.state}`}>{stateWords[row.state]}</span>,
  },
  { id: 'attempts', header: 'Attempts', width: 84, align: 'right', cell: (row) => row.attempts },
  {
    id: 'error',
    header: 'Error',
    cell: (row) => row.errorCode ?? (row.possibleDuplicate ? 'possible duplicate' : ''),
  },
];

function MessageDetail({ id, n }: { id: string; n: number }) {
  const message = useAnswer('run', 'message', { id, n });
  const [editing, setEditing] = useState(false);
  const parked = message.data?.state === 'parked';
  useAction('run.editMessage', () => setEditing(true), parked);
  if (message.error) return <ErrorNotice error={message.error} />;
  if (message.data === undefined) return null;
  const { data } = message;
  return (
    <>
      <div className="row">
        <h3>
          Message {count(n)} · {stateWords[data.state]}
        </h3>
        <span className="spacer" />
        {parked ? (
          <Button small action="run.editMessage" onClick={() => runAction('run.editMessage')}>
            Edit message…
          </Button>
        ) : null}
      </div>
      {data.errorCode === null ? null : (
        <Notice tone="warning" title={data.errorCode}>
          <p>{data.errorMessage}</p>
        </Notice>
      )}
      <dl className="facts">
        <dt>User</dt>
        <dd className="break">{data.userId}</dd>
        <dt>Instant</dt>
        <dd className="mono">{data.at}</dd>
        <dt>Message id</dt>
        <dd className="mono break">{data.messageId ?? 'none'}</dd>
        <dt>Size</dt>
        <dd>{plural(data.bytes, 'byte')} with attributes</dd>
      </dl>
      <MessageBody label={`Body of message ${n}`} body={data.body} />
      <AttributesTable attributes={data.attributes} />
      {editing && parked ? <EditMessage run={id} message={data} onClose={() => setEditing(false)} /> : null}
    </>
  );
}

interface RunMessagesProps {
  id: string;
  /** The state that is shown; empty for all. */
  state: MessageState | '';
  onState: (state: MessageState | '') => void;
}

/** The journal of a run: every message with its outcome, and the selected one beside it. */
export function RunMessages({ id, state, onState }: RunMessagesProps) {
  const [selected, setSelected] = useState<number | null>(null);
  const filter = { id, ...(state === '' ? {} : { state }) };
  const pages = usePages('run.messages', filter, (page) => api.run.messages({ ...filter, ...page }));
  return (
    <section className="run-messages" id={MESSAGES_ID} aria-label="Messages of the run">
      <div className="view-head">
        <h2>Messages</h2>
        <SelectField
          label="State"
          value={state}
          onChange={(event) => onState(messageState.safeParse(event.target.value).data ?? '')}
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
