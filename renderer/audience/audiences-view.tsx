import { useState } from 'react';
import type { AudienceRow } from '../../preload/contract/audience.ts';
import { runAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { useAnswer, usePages } from '../data/queries.ts';
import { UserSearch } from '../message/user-search.tsx';
import { ProfileExcerpt } from '../profile/profile-excerpt.tsx';
import { useNavigation } from '../shell/navigation.ts';
import { SampleOffer } from '../shell/sample-offer.tsx';
import { CodeView } from '../ui/code-view.tsx';
import { Button } from '../ui/controls.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { count, instant } from '../ui/format.ts';
import { Empty, ReadFailed } from '../ui/notice.tsx';
import { ExplanationView } from './explanation.tsx';
import { RuleEditor } from './rule-editor.tsx';
import { ruleColours } from './rule-language.ts';
import './audience.css';

const columns: readonly Column<AudienceRow>[] = [
  { id: 'slug', header: 'Slug', cell: (row) => row.slug },
  { id: 'name', header: 'Name', cell: (row) => row.name },
  { id: 'kind', header: 'Kind', width: 84, cell: (row) => row.kind },
  { id: 'members', header: 'Members', width: 84, align: 'right', cell: (row) => count(row.members) },
  { id: 'last', header: 'Last change (UTC)', width: 168, cell: (row) => instant(row.lastChangeAt) },
];

function Members({ slug }: { slug: string }) {
  const openUser = useNavigation((state) => state.openUser);
  const pages = usePages('profile.list', { audience: slug }, (page) =>
    api.profile.list({ audience: slug, limit: 50, ...page }),
  );
  if (pages.error) return <ReadFailed read={pages} />;
  return (
    <>
      {pages.rows.length === 0 && !pages.isFetching ? <p className="hint">No members</p> : null}
      <ul className="member-list" aria-label={`Members of ${slug}`}>
        {pages.rows.map((row) => (
          <li key={row.userId}>
            <Button small variant="quiet" onClick={() => openUser(row.userId)}>
              {row.userId}
            </Button>
            <ProfileExcerpt userId={row.userId} text={row.summary} />
          </li>
        ))}
      </ul>
      {pages.hasNextPage ? (
        <Button small disabled={pages.isFetching} onClick={() => pages.fetchNextPage()}>
          More members
        </Button>
      ) : null}
    </>
  );
}

function AudiencePanel({ audience, onEdit }: { audience: AudienceRow; onEdit: () => void }) {
  const [user, setUser] = useState('');
  const [explained, setExplained] = useState<string | null>(null);
  return (
    <aside className="side-panel" aria-label="Audience">
      <h2>{audience.name}</h2>
      <dl className="facts">
        <dt>Slug</dt>
        <dd className="mono">{audience.slug}</dd>
        <dt>Id</dt>
        <dd className="mono">{audience.id}</dd>
        <dt>Members</dt>
        <dd>{count(audience.members)}</dd>
      </dl>
      {audience.filter === null ? (
        <p className="hint">An imported membership without a rule.</p>
      ) : (
        <>
          <div className="row">
            <h3>Rule</h3>
            <Button small onClick={onEdit}>
              Edit rule…
            </Button>
          </div>
          <div className="small-code">
            <CodeView label="Rule" language="text" text={audience.filter} extensions={ruleColours} />
          </div>
        </>
      )}
      <form
        className="row end"
        onSubmit={(event) => {
          event.preventDefault();
          setExplained(user.trim() || null);
        }}
      >
        <UserSearch label="Explain user" value={user} onChange={setUser} />
        <Button submit small disabled={user.trim() === ''}>
          Explain
        </Button>
      </form>
      {explained === null ? null : <ExplanationView slug={audience.slug} userId={explained} />}
      <h3>Members</h3>
      <Members key={audience.slug} slug={audience.slug} />
    </aside>
  );
}

/** The audiences with their members; beside them the rule and the explanation of the selected one. */
export function AudiencesView() {
  const audiences = useAnswer('audience', 'list', {});
  const { audience: slug, openAudience } = useNavigation();
  const [editing, setEditing] = useState<AudienceRow | 'new' | null>(null);
  const rows = audiences.data?.rows ?? [];
  const selected = rows.find((row) => row.slug === slug);
  return (
    <div className="view">
      <div className="view-head">
        <h1>Audiences</h1>
        <span className="spacer" />
        <Button small onClick={() => setEditing('new')}>
          New rule audience…
        </Button>
        <Button small onClick={() => runAction('import.audiences')}>
          Import audiences…
        </Button>
        <Button small onClick={() => runAction('import.snapshot')}>
          Import membership snapshot…
        </Button>
      </div>
      <ReadFailed read={audiences} />
      <div className="with-side grow">
        <DataTable
          label="Audiences"
          columns={columns}
          rows={rows}
          rowKey={(row) => row.slug}
          selected={slug}
          onSelect={(row) => openAudience(row.slug)}
          loading={audiences.isLoading}
          empty={
            <Empty title="No audience yet">
              <p>Audiences come from a JSON list of definitions or from a membership snapshot.</p>
              <SampleOffer />
            </Empty>
          }
        />
        {selected ? (
          <AudiencePanel key={selected.slug} audience={selected} onEdit={() => setEditing(selected)} />
        ) : null}
      </div>
      {editing === null ? null : (
        <RuleEditor
          saved={
            editing === 'new' ? null : { slug: editing.slug, name: editing.name, text: editing.filter ?? '' }
          }
          onClose={() => setEditing(null)}
        />
      )}
    </div>
  );
}
