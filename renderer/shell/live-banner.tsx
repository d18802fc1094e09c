import { useAnswer } from '../data/queries.ts';
import { Button } from '../ui/controls.tsx';
import { Notice } from '../ui/notice.tsx';
import { useNavigation } from './navigation.ts';

/** Says, above every view, which workflows send by themselves; nothing while none does. */
export function LiveBanner() {
  const go = useNavigation((state) => state.go);
  const rows = useAnswer('live', 'list', {}).data?.rows ?? [];
  if (rows.length === 0) return null;
  const workflows = rows.length === 1 ? '1 workflow' : `${rows.length} workflows`;
  return (
    <section className="banner" aria-label="Live">
      <Notice tone="warning" title={`Live: sending changes of ${workflows}`}>
        <div className="row">
          {rows.map(({ workflow, run, waiting }) => (
            <Button
              key={workflow}
              small
              variant="quiet"
              onClick={() => go({ name: 'run', id: run.id })}
              aria-label={`Live run of ${workflow}`}
            >
              {workflow}
              {run.state === 'running'
                ? ''
                : ` (${waiting ? 'waiting for credentials' : `not sending: ${run.state}`})`}
            </Button>
          ))}
        </div>
      </Notice>
    </section>
  );
}
