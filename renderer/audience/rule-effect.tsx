import type { RulePreview, UserGroup } from '../../preload/contract/audience.ts';
import { jobText, useJobs } from '../import/job-store.ts';
import { useNavigation } from '../shell/navigation.ts';
import { Button } from '../ui/controls.tsx';
import { count } from '../ui/format.ts';
import { ErrorNotice } from '../ui/notice.tsx';
import type { PreviewState } from './use-rule-preview.ts';

/** A count of the profiles looked at, as one of all of them. */
export function wholeCount(looked: number, { looked: of, total }: { looked: number; total: number }): string {
  if (of === total) return count(looked);
  return `about ${count(Math.round((looked / Math.max(1, of)) * total))}`;
}

function Group({ title, group, preview }: { title: string; group: UserGroup; preview: RulePreview }) {
  const openUser = useNavigation((state) => state.openUser);
  return (
    <section aria-label={title}>
      <h3>
        {title} <span className="muted">{wholeCount(group.count, preview)}</span>
      </h3>
      <ul className="rule-users">
        {group.users.map((user) => (
          <li key={user}>
            <Button small variant="quiet" onClick={() => openUser(user)}>
              {user}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/**
 * Who matches a rule and who does not, who would enter and who would leave, with some of each; says so where that is not
 * of the present text.
 */
export function RuleEffect({ state, text }: { state: PreviewState | null; text: string }) {
  const progress = useJobs(({ jobs }) => (state?.job ? jobs[state.job] : undefined));
  if (state?.error) return <ErrorNotice error={state.error} />;
  const preview = state?.preview;
  if (!preview) return <p className="hint">Nothing counted yet</p>;
  const { looked, total, matching, notMatching, entering, leaving, unanswered } = preview;
  return (
    <>
      <p role="status" aria-label="Matching profiles">
        {`${wholeCount(matching.count, preview)} of ${count(total)} profiles match`}
        {looked === total ? '' : `, from a sample of ${count(looked)}`}
        {unanswered === 0 ? '' : `; ${wholeCount(unanswered, preview)} without an answer`}
        {state.text === text ? '' : ', before the last change'}
        {state.job ? <span className="hint"> {progress ? jobText(progress) : 'Counting all'}</span> : null}
      </p>
      <div className="rule-groups">
        <Group title="Match" group={matching} preview={preview} />
        <Group title="Do not match" group={notMatching} preview={preview} />
        {entering ? <Group title="Would enter" group={entering} preview={preview} /> : null}
        {leaving ? <Group title="Would leave" group={leaving} preview={preview} /> : null}
      </div>
    </>
  );
}
