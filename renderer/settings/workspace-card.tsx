import { runAction } from '../actions/handlers.ts';
import { useAnswer } from '../data/queries.ts';
import { SampleOffer } from '../shell/sample-offer.tsx';
import { Button } from '../ui/controls.tsx';
import { byteSize, plural } from '../ui/format.ts';
import { ReadFailed } from '../ui/notice.tsx';

/** Where the store is, what it holds, and a copy of it. */
export function WorkspaceCard() {
  const info = useAnswer('workspace', 'info', {});
  const { data } = info;
  return (
    <section className="card" aria-label="Workspace">
      <h2>Workspace</h2>
      <ReadFailed read={info} />
      {data ? (
        <dl className="facts">
          <dt>Folder</dt>
          <dd className="mono break">{data.dir}</dd>
          <dt>Key field</dt>
          <dd className="mono">{data.keyField}</dd>
          <dt>Holds</dt>
          <dd>
            {plural(data.profiles, 'profile')}, {plural(data.audiences, 'audience')},{' '}
            {plural(data.changes, 'change')}, {plural(data.workflows, 'workflow')}
          </dd>
          <dt>Size</dt>
          <dd>{byteSize(data.sizeBytes)}</dd>
          <dt>Schema</dt>
          <dd>{data.schemaVersion}</dd>
        </dl>
      ) : null}
      <div className="row">
        <Button onClick={() => runAction('workspace.backup')}>Back up…</Button>
        <SampleOffer />
      </div>
    </section>
  );
}
