import { X } from 'lucide-react';
import type { ChangeRow } from '../../preload/contract/history.ts';
import { ExplanationView } from '../audience/explanation.tsx';
import { useAnswer } from '../data/queries.ts';
import { MessageBody } from '../message/message-body.tsx';
import '../message/message.css';
import { useNavigation } from '../shell/navigation.ts';
import { Button, IconButton } from '../ui/controls.tsx';
import { causeWords } from './cause-words.ts';
import { ChangeMessage } from './change-message.tsx';
import { ChangeRuns } from './change-runs.tsx';

/** The change that is selected in the history: its times, why it happened, and the body that was recorded. */
export function ChangePanel({ change, onClose }: { change: ChangeRow; onClose: () => void }) {
  const recorded = useAnswer('history', 'recorded', { seq: change.seq });
  const openUser = useNavigation((state) => state.openUser);
  return (
    <aside className="side-panel" aria-label="Change">
      <div className="row">
        <h2>
          {change.user_id} <span className={`event ${change.event}`}>{change.event}</span> {change.audience}
        </h2>
        <span className="spacer" />
        <IconButton label="Close change" small onClick={onClose}>
          <X aria-hidden size={14} />
        </IconButton>
      </div>
      <dl className="facts">
        <dt>Instant</dt>
        <dd className="mono">{change.at}</dd>
        <dt>Enter</dt>
        <dd className="mono">{change.enter ?? '–'}</dd>
        <dt>Exit</dt>
        <dd className="mono">{change.exit ?? '–'}</dd>
        <dt>Cause</dt>
        <dd>
          {causeWords[change.cause]}, import {change.batch}
        </dd>
      </dl>
      <div className="row">
        <Button small onClick={() => openUser(change.user_id)}>
          Show profile
        </Button>
      </div>
      {recorded.data?.body ? (
        <>
          <h3>Recorded message</h3>
          <MessageBody label="Recorded message" body={recorded.data.body} />
        </>
      ) : null}
      <h3>Message</h3>
      <ChangeMessage key={change.seq} change={change} recorded={recorded.data?.body ?? null} />
      <h3>Runs</h3>
      <ChangeRuns seq={change.seq} />
      <h3>Explanation as of now</h3>
      <ExplanationView slug={change.audience} userId={change.user_id} />
    </aside>
  );
}
