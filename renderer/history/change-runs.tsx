import { useAnswer } from '../data/queries.ts';
import { useNavigation } from '../shell/navigation.ts';
import { Button } from '../ui/controls.tsx';
import { count, instant } from '../ui/format.ts';
import { ReadFailed } from '../ui/notice.tsx';

/** Which runs have a message of a change, and what became of each. */
export function ChangeRuns({ seq }: { seq: number }) {
  const runs = useAnswer('run', 'ofChange', { seq });
  const go = useNavigation((state) => state.go);
  if (runs.error) return <ReadFailed read={runs} />;
  if (runs.data?.rows.length === 0) return <p className="hint">No run has a message of this change yet.</p>;
  return (
    <ul className="member-list" aria-label="Runs of this change">
      {(runs.data?.rows ?? []).map(({ id, workflow, kind, dryRun, createdAt, n, state }) => (
        <li key={id}>
          <Button small variant="quiet" onClick={() => go({ name: 'run', id })}>
            {workflow}
          </Button>
          <span className="muted">
            {dryRun ? `${kind}, dry run` : kind} of {instant(createdAt)} · message {count(n)}{' '}
            {state.replace('_', ' ')}
          </span>
        </li>
      ))}
    </ul>
  );
}
