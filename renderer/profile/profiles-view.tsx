import { useState } from 'react';
import { runAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { useAnswer, usePages } from '../data/queries.ts';
import { MessageBody } from '../message/message-body.tsx';
import '../message/message.css';
import { timeError } from '../history/filter.ts';
import { useDebounced } from '../message/use-debounced.ts';
import { useNavigation } from '../shell/navigation.ts';
import { SampleOffer } from '../shell/sample-offer.tsx';
import { Button, TextField } from '../ui/controls.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { byteSize, completeInstant, count, instant, plural } from '../ui/format.ts';
import { Empty, Notice, ReadFailed } from '../ui/notice.tsx';
import { ProfileExcerpt } from './profile-excerpt.tsx';
import { Why } from './why.tsx';

interface ProfileRow {
  readonly userId: string;
  readonly bytes: number;
  readonly summary: string;
}

const columns: readonly Column<ProfileRow>[] = [
  { id: 'user', header: 'User', width: 190, cell: (row) => row.userId },
  {
    id: 'summary',
    header: 'Fields',
    cell: (row) => <ProfileExcerpt userId={row.userId} text={row.summary} />,
  },
  { id: 'bytes', header: 'Size', width: 90, align: 'right', cell: (row) => byteSize(row.bytes) },
];

function ProfilePanel({ userId }: { userId: string }) {
  const [typed, setTyped] = useState('');
  const asOf = completeInstant(useDebounced(typed, 250));
  const profile = useAnswer(
    'profile',
    'show',
    { userId, ...(asOf === null ? {} : { asOf }) },
    { keep: true },
  );
  const openAudience = useNavigation((state) => state.openAudience);
  return (
    <aside className="side-panel" aria-label="Profile">
      <h2>{userId}</h2>
      <TextField
        label="As of (UTC)"
        placeholder="now"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        error={timeError(typed)}
      />
      <ReadFailed read={profile} />
      {profile.data && !profile.error ? (
        <>
          <dl className="facts">
            <dt>Valid from (UTC)</dt>
            <dd>{profile.data.validFrom === null ? 'ever' : instant(profile.data.validFrom)}</dd>
            <dt>Valid to (UTC)</dt>
            <dd>{profile.data.validTo === null ? 'now' : instant(profile.data.validTo)}</dd>
            <dt>Older versions</dt>
            <dd>{count(profile.data.versions)}</dd>
          </dl>
          <h3>Memberships</h3>
          {profile.data.memberships.length === 0 ? <p className="hint">In no audience.</p> : null}
          <ul className="member-list" aria-label="Memberships">
            {profile.data.memberships.map((membership) => (
              <li key={membership.audienceId}>
                <Button small variant="quiet" onClick={() => openAudience(membership.audience)}>
                  {membership.audience}
                </Button>
                <span className="muted">since {instant(membership.enteredAt)}</span>
              </li>
            ))}
          </ul>
          <Why userId={userId} />
          <h3>Text as it came in, {count(profile.data.bytes)} bytes</h3>
          {profile.data.clipped ? (
            <Notice tone="warning" title="Clipped">
              <p>The text is longer than the window shows.</p>
            </Notice>
          ) : null}
          <MessageBody label="Profile text" body={profile.data.text} />
        </>
      ) : null}
    </aside>
  );
}

/** The users of the store; beside them the text, the versions and the memberships of the selected one. */
export function ProfilesView() {
  const { user, openUser } = useNavigation();
  const [text, setText] = useState('');
  const prefix = useDebounced(text.trim(), 200);
  const pages = usePages('profile.list', { prefix }, (page) => api.profile.list({ prefix, ...page }));
  const total = useAnswer('profile', 'count', {});
  return (
    <div className="view">
      <div className="view-head">
        <h1>Profiles</h1>
        <span role="status" className="muted">
          {total.data
            ? `${plural(total.data.count, 'profile')}, ${plural(total.data.versions, 'older version')}`
            : ''}
        </span>
        <span className="spacer" />
        <TextField
          label="Search users"
          type="search"
          placeholder="beginning of the user key"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button small onClick={() => runAction('import.profiles')}>
          Import profiles…
        </Button>
        <Button small onClick={() => runAction('import.events')}>
          Import data events…
        </Button>
      </div>
      <ReadFailed read={pages} />
      <div className="with-side grow">
        <DataTable
          label="Profiles"
          columns={columns}
          rows={pages.rows}
          rowKey={(row) => row.userId}
          selected={user}
          onSelect={(row) => openUser(row.userId)}
          hasMore={pages.hasNextPage}
          loading={pages.isFetching}
          onEnd={pages.fetchNextPage}
          empty={
            prefix === '' ? (
              <Empty title="No profile yet">
                <p>Profiles come from NDJSON, a JSON array or CSV with a header.</p>
                <div className="row">
                  <Button variant="primary" onClick={() => runAction('import.profiles')}>
                    Import profiles…
                  </Button>
                  <SampleOffer />
                </div>
              </Empty>
            ) : (
              <Empty title={`No user begins with ${prefix}`} />
            )
          }
        />
        {user === null ? null : <ProfilePanel key={user} userId={user} />}
      </div>
    </div>
  );
}
