import { type ReactNode, useState } from 'react';
import { type MessageState, messageState, type RunMessageRow } from '../../preload/contract/run.ts';
import { api } from '../bridge.ts';
import { usePages } from '../data/queries.ts';
import { SelectField } from '../ui/controls.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { count } from '../ui/format.ts';
import { Moment } from '../ui/moment.tsx';
import { ReadFailed } from '../ui/notice.tsx';
import { MessageDetail, messageStateWords } from './message-detail.tsx';

const columns: readonly Column<RunMessageRow>[] = [
  { id: 'n', header: 'No.', width: 58, cell: (row) => count(row.n) },
  { id: 'user', header: 'User', cell: (row) => row.userId },
  { id: 'at', header: 'Instant (UTC)', width: 168, cell: (row) => <Moment at={row.at} /> },
  {
    id: 'state',
    header: 'State',
    width: 84,
    cell: (row) => <span className={`message-state ${row.state}`}>{messageStateWords[row.state]}</span>,
  },
  { id: 'attempts', header: 'Attempts', width: 76, align: 'right', cell: (row) => count(row.attempts) },
  {
    id: 'error',
    header: 'Error',
    cell: (row) => row.errorCode ?? (row.possibleDuplicate ? 'possible duplicate' : ''),
  },
];

interface RunMessagesProps {
  id: string;
  /** The state that is shown; empty for all. */
  state: MessageState | '';
  onState: (state: MessageState | '') => void;
  /** What stands beside the table while no message is selected. */
  children: ReactNode;
}

/** The journal of a run: every message with its outcome, and the selected one beside it. */
export function RunMessages({ id, state, onState, children }: RunMessagesProps) {
  const [selected, setSelected] = useState<number | null>(null);
  const filter = { id, ...(state === '' ? {} : { state }) };
  const pages = usePages('run.messages', filter, (page) => api.run.messages({ ...filter, ...page }));
  return (
    <section className="run-messages grow" aria-label="Messages of the run">
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
              {messageStateWords[option]}
            </option>
          ))}
        </SelectField>
      </div>
      <ReadFailed read={pages} />
      <div className="with-side grow">
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
          empty={
            <p className="hint table-empty">
              {state === '' ? 'No message yet.' : `No message is ${messageStateWords[state]}.`}
            </p>
          }
        />
        {selected === null ? (
          children
        ) : (
          <MessageDetail key={selected} run={id} n={selected} onClose={() => setSelected(null)} />
        )}
      </div>
    </section>
  );
}
