import { X } from 'lucide-react';
import { useState } from 'react';
import type { MessageState } from '../../preload/contract/run.ts';
import { runAction, useAction } from '../actions/handlers.ts';
import { useAnswer } from '../data/queries.ts';
import { AttributesTable } from '../message/attributes-table.tsx';
import { MessageBody } from '../message/message-body.tsx';
import { useNavigation } from '../shell/navigation.ts';
import { Button, IconButton } from '../ui/controls.tsx';
import { CopyValue } from '../ui/copy-value.tsx';
import { count, plural } from '../ui/format.ts';
import { ErrorNotice, Notice } from '../ui/notice.tsx';
import { EditMessage } from './edit-message.tsx';
import '../message/message.css';

/** The states of a message in words. */
export const messageStateWords: Record<MessageState, string> = {
  pending: 'pending',
  in_flight: 'in flight',
  sent: 'sent',
  parked: 'parked',
  failed: 'failed',
  cancelled: 'cancelled',
};

interface MessageDetailProps {
  run: string;
  n: number;
  onClose: () => void;
}

/** One message of a run beside the table: its outcome, its body, and the way to correct it while it is parked. */
export function MessageDetail({ run, n, onClose }: MessageDetailProps) {
  const { data, error } = useAnswer('run', 'message', { id: run, n });
  const [editing, setEditing] = useState(false);
  const openUser = useNavigation((state) => state.openUser);
  const parked = data?.state === 'parked';
  useAction('run.editMessage', () => setEditing(true), parked);
  return (
    <aside className="side-panel" aria-label="Message detail">
      <div className="row">
        <h2>
          Message {count(n)}
          {data ? ` · ${messageStateWords[data.state]}` : ''}
        </h2>
        <span className="spacer" />
        {parked ? (
          <Button small action="run.editMessage" onClick={() => runAction('run.editMessage')}>
            Edit message…
          </Button>
        ) : null}
        <IconButton label="Close message" small onClick={onClose}>
          <X aria-hidden size={14} />
        </IconButton>
      </div>
      {error ? <ErrorNotice error={error} /> : null}
      {data === undefined ? null : (
        <>
          {data.errorCode === null ? null : (
            <Notice tone="warning" title={data.errorCode}>
              <p>{data.errorMessage}</p>
            </Notice>
          )}
          <dl className="facts">
            <dt>User</dt>
            <dd>
              <CopyValue label="User" value={data.userId} />
            </dd>
            <dt>Instant</dt>
            <dd className="mono">{data.at}</dd>
            <dt>Message id</dt>
            <dd>
              {data.messageId === null ? 'none' : <CopyValue label="Message id" value={data.messageId} />}
            </dd>
            <dt>Size</dt>
            <dd>{plural(data.bytes, 'byte')} with attributes</dd>
          </dl>
          <div className="row">
            <Button small onClick={() => openUser(data.userId)}>
              Show profile
            </Button>
          </div>
          <MessageBody label={`Body of message ${n}`} body={data.body} />
          <AttributesTable attributes={data.attributes} />
          {editing && parked ? (
            <EditMessage run={run} message={data} onClose={() => setEditing(false)} />
          ) : null}
        </>
      )}
    </aside>
  );
}
