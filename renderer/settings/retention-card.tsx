import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { type RetentionState, retentionDays } from '../../preload/contract/retention.ts';
import { useAction } from '../actions/handlers.ts';
import { api, describeError, newJobId } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { jobShare, jobText, useJobs } from '../import/job-store.ts';
import { Button } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { byteSize, instant, plural } from '../ui/format.ts';
import { ErrorNotice, Notice, ReadFailed } from '../ui/notice.tsx';
import { OneFieldForm, type Read } from '../ui/one-field-form.tsx';
import { Progress } from '../ui/progress.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';

/** The days as they are typed; nothing typed keeps older versions for ever. */
function readDays(text: string): Read<number | null> {
  const parsed = retentionDays.safeParse(text.trim() === '' ? null : Number(text));
  return parsed.success
    ? { value: parsed.data }
    : { reason: 'A whole number from 1 to 36500, or nothing to keep them for ever' };
}

function Facts({ state }: { state: RetentionState }) {
  return (
    <dl className="facts">
      <dt>Older versions</dt>
      <dd>
        {plural(state.versions, 'version')}
        {state.oldestReplacedAt === null ? '' : `, the oldest replaced ${instant(state.oldestReplacedAt)}`}
      </dd>
      <dt>Past their time</dt>
      <dd>
        {state.prunable === 0
          ? 'none'
          : `${plural(state.prunable, 'version')}, about ${byteSize(state.prunableBytes)}`}
      </dd>
      {state.heldByRun === null ? null : (
        <>
          <dt>Held by run</dt>
          <dd className="mono break">{state.heldByRun}</dd>
        </>
      )}
      {state.prunedUntil === null ? null : (
        <>
          <dt>Exact since (UTC)</dt>
          <dd>{instant(state.prunedUntil)}</dd>
        </>
      )}
    </dl>
  );
}

interface PruneDialogProps {
  state: RetentionState;
  onClose: () => void;
}

function PruneDialog({ state, onClose }: PruneDialogProps) {
  const [jobId] = useState(newJobId);
  const progress = useJobs((jobs) => jobs.jobs[jobId]);
  const prune = useMutation({
    mutationFn: () => api.retention.prune({ jobId }),
    onSuccess: ({ removed, removedBytes, storeBytes }) => {
      toastDone(
        `${plural(removed, 'older version')} removed (${byteSize(removedBytes)}); the store has ${byteSize(storeBytes)}`,
      );
      onClose();
    },
  });
  const failed = prune.error !== null && describeError(prune.error).code !== 'CANCELLED';
  return (
    <Dialog title="Remove older profile versions" onClose={() => (prune.isPending ? undefined : onClose())}>
      <Notice tone="warning" title="There is no undo">
        <p>
          {plural(state.prunable, 'version')} that were replaced before {instant(state.keptFrom)} (UTC) are
          removed. A replay of earlier changes then takes the oldest version that is left.
        </p>
      </Notice>
      {prune.isPending ? (
        <Progress
          label="Pruning progress"
          share={progress ? jobShare(progress) : null}
          text={progress ? jobText(progress) : 'Starting'}
        />
      ) : null}
      {failed ? <ErrorNotice error={prune.error} /> : null}
      <footer>
        {prune.isPending ? (
          <Button onClick={() => orToast(api.job.cancel({ jobId }))}>Cancel pruning</Button>
        ) : (
          <Button onClick={onClose}>Keep them</Button>
        )}
        <Button variant="danger" disabled={prune.isPending} onClick={() => prune.mutate()}>
          Remove versions
        </Button>
      </footer>
    </Dialog>
  );
}

async function setDays(days: number | null): Promise<void> {
  await api.retention.set({ days });
  toastDone(days === null ? 'Older versions are kept for ever' : `Kept for ${plural(days, 'day')}`);
}

/** How long older versions of profiles are kept, and the removal of those that are past it. */
export function RetentionCard() {
  const retention = useAnswer('retention', 'show', {}, { keep: true });
  const [pruning, setPruning] = useState(false);
  const { data } = retention;
  useAction('workspace.prune', () => setPruning(true), (data?.prunable ?? 0) > 0);
  return (
    <section className="card" aria-label="Retention">
      <h2>Profile versions</h2>
      <ReadFailed read={retention} />
      {data ? (
        <>
          <Facts state={data} />
          <OneFieldForm
            key={data.days}
            label="Keep older versions for days"
            inputMode="numeric"
            placeholder="for ever"
            hint="Counted from when a version was replaced. Setting it removes nothing."
            button="Set retention"
            start={data.days === null ? '' : String(data.days)}
            read={readDays}
            present={data.days}
            onApply={(days) => orToast(setDays(days))}
          />
          <Button disabled={data.prunable === 0} onClick={() => setPruning(true)}>
            Remove older versions…
          </Button>
        </>
      ) : null}
      {pruning && data ? <PruneDialog state={data} onClose={() => setPruning(false)} /> : null}
    </section>
  );
}
