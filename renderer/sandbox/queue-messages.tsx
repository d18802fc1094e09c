import { useQueryClient } from '@tanstack/react-query';
import { Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { OutputOf } from '../../preload/contract/call.ts';
import type { Contract } from '../../preload/contract/contract.ts';
import { api } from '../bridge.ts';
import { openCapture } from '../capture/capture-store.ts';
import { useAnswer, usePages } from '../data/queries.ts';
import { AttributesTable } from '../message/attributes-table.tsx';
import { MessageBody } from '../message/message-body.tsx';
import '../message/message.css';
import { copyText } from '../ui/clipboard.ts';
import { Button, IconButton } from '../ui/controls.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { count, plural } from '../ui/format.ts';
import { Moment } from '../ui/moment.tsx';
import { Empty, ReadFailed } from '../ui/notice.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';
import type { SandboxQueue } from './queue-table.tsx';
import { RedriveDialog } from './redrive-dialog.tsx';

type MessageRow = OutputOf<Contract['sandbox']['messages']>['rows'][number];

const columns: readonly Column<MessageRow>[] = [
  { id: 'sent', header: 'Sent (UTC)', width: 168, cell: (row) => <Moment at={row.sentAt} /> },
  {
    id: 'user',
    header: 'User',
    width: 180,
    cell: ({ trigger }) => <span className="mono">{trigger?.userId ?? '–'}</span>,
  },
  { id: 'told', header: 'Tells', cell: (row) => <Told row={row} /> },
  { id: 'bytes', header: 'Bytes', width: 80, align: 'right', cell: (row) => count(row.bytes) },
  { id: 'state', header: 'State', width: 90, cell: (row) => row.state.replace('_', ' ') },
  { id: 'receives', header: 'Receives', width: 80, align: 'right', cell: (row) => row.receiveCount },
];

/** The events of a trigger message; of another the beginning of its body. */
function Told({ row: { trigger, excerpt } }: { row: MessageRow }) {
  if (trigger === null) return <span className="mono">{excerpt}</span>;
  return trigger.events.map(({ event, audience }) => `${event} ${audience}`).join(', ');
}

interface DetailProps {
  queue: string;
  messageId: string;
  onDeleted: () => void;
}

function Detail({ queue, messageId, onDeleted }: DetailProps) {
  const message = useAnswer('sandbox', 'message', { queue, messageId });
  const remove = async () => {
    await api.sandbox.deleteMessage({ queue, messageId });
    toastDone('Message deleted');
    onDeleted();
  };
  if (message.error) return <ReadFailed read={message} />;
  if (message.data === undefined) return null;
  return (
    <>
      <div className="row">
        <h3 className="mono break">{messageId}</h3>
        <IconButton label="Copy message id" small onClick={() => copyText(messageId, 'Message id')}>
          <Copy aria-hidden size={13} />
        </IconButton>
        <span className="spacer" />
        <Button small onClick={() => orToast(remove())}>
          Delete message
        </Button>
      </div>
      <MessageBody label="Received body" body={message.data.body} />
      <AttributesTable attributes={message.data.attributes} />
    </>
  );
}

interface QueueMessagesProps {
  queue: SandboxQueue;
  /** The other queues, to which messages can be moved. */
  others: readonly string[];
}

/** What a sandbox queue holds, without receiving it; its messages can be captured, moved on and deleted. */
export function QueueMessages({ queue: { name: queue, received, visible }, others }: QueueMessagesProps) {
  const queries = useQueryClient();
  const [selected, setSelected] = useState<string | null>(null);
  const [asking, setAsking] = useState<'purge' | 'redrive' | null>(null);
  const pages = usePages('sandbox.messages', { queue }, (page) => api.sandbox.messages({ queue, ...page }));
  // What arrives or leaves shows in the queue's counters, which are asked for every two seconds.
  useEffect(() => {
    if (received + visible >= 0)
      void queries.invalidateQueries({ queryKey: ['sandbox.messages', { queue }] });
  }, [queries, queue, received, visible]);
  const purge = async () => {
    setAsking(null);
    const { purged } = await api.sandbox.purge({ queue });
    setSelected(null);
    toastDone(`${plural(purged, 'message')} purged from ${queue}`);
  };
  return (
    <section className="grow queue" aria-label={`Messages of ${queue}`}>
      <div className="view-head">
        <h2>Messages of {queue}</h2>
        <span className="spacer" />
        <Button small onClick={() => openCapture({ queue: `sandbox:${queue}` })}>
          Capture…
        </Button>
        <Button small disabled={visible === 0} onClick={() => setAsking('redrive')}>
          Redrive…
        </Button>
        <Button small onClick={() => setAsking('purge')}>
          Purge…
        </Button>
      </div>
      <ReadFailed read={pages} />
      <div className="with-side grow">
        <DataTable
          label="Messages"
          columns={columns}
          rows={pages.rows}
          rowKey={(row) => row.messageId}
          selected={selected}
          onSelect={(row) => setSelected(row.messageId)}
          hasMore={pages.hasNextPage}
          loading={pages.isLoading}
          onEnd={pages.fetchNextPage}
          empty={
            <Empty title="The queue is empty">
              <p>A test send or a replay to sandbox:{queue} shows up here.</p>
            </Empty>
          }
        />
        {selected === null ? null : (
          <aside className="side-panel" aria-label="Message detail">
            <Detail queue={queue} messageId={selected} onDeleted={() => setSelected(null)} />
          </aside>
        )}
      </div>
      {asking === 'redrive' ? (
        <RedriveDialog queue={queue} others={others} onClose={() => setAsking(null)} />
      ) : null}
      {asking === 'purge' ? (
        <Dialog
          title={`Purge ${queue}`}
          description="Every message of the sandbox queue is deleted. There is no undo."
          onClose={() => setAsking(null)}
        >
          <footer>
            <Button onClick={() => setAsking(null)}>Keep</Button>
            <Button variant="danger" onClick={() => orToast(purge())}>
              Purge queue
            </Button>
          </footer>
        </Dialog>
      ) : null}
    </section>
  );
}
