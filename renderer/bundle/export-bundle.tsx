import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { RunRequest } from '../../preload/contract/run.ts';
import { useAction } from '../actions/handlers.ts';
import { api, newJobId } from '../bridge.ts';
import { jobShare, jobText, useJobs } from '../import/job-store.ts';
import { Button } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { byteSize, count } from '../ui/format.ts';
import { ErrorNotice, Notice } from '../ui/notice.tsx';
import { Progress } from '../ui/progress.tsx';
import { orToast } from '../ui/toasts.tsx';

/** Writes a planned run as one file, so that many machines can each send a share of it. */
export function ExportBundle({ request }: { request: RunRequest }) {
  const [open, setOpen] = useState(false);
  const [jobId, setJobId] = useState(newJobId);
  const progress = useJobs((state) => state.jobs[jobId]);
  const { workflow, kind, selection, options } = request;
  const work = useMutation({
    mutationFn: (out: string) =>
      api.bundle.export({
        workflow,
        kind,
        selection,
        options: { profile: options.profile, requireValid: options.requireValid },
        out,
        jobId,
      }),
  });
  const begin = async () => {
    const { path } = await api.app.chooseSaveFile({
      title: 'Export bundle',
      defaultName: `${workflow}.bundle`,
    });
    if (path === null) return;
    setJobId(newJobId());
    setOpen(true);
    work.mutate(path);
  };
  useAction('bundle.export', () => orToast(begin()), !work.isPending);
  const close = () => {
    setOpen(false);
    work.reset();
  };
  return (
    <>
      <Button onClick={() => orToast(begin())}>Export bundle…</Button>
      {open ? (
        <Dialog title="Export bundle" onClose={() => (work.isPending ? undefined : close())}>
          {work.isPending ? (
            <Progress
              label="Export progress"
              share={progress ? jobShare(progress) : null}
              text={progress ? jobText(progress) : 'Starting'}
            />
          ) : null}
          {work.error ? <ErrorNotice error={work.error} /> : null}
          {work.data ? (
            <div role="status" aria-label="Bundle" className="stack">
              <Facts
                label="Bundle figures"
                facts={[
                  ['Messages', count(work.data.messages)],
                  ['Users', count(work.data.users)],
                  ['Size', byteSize(work.data.bytes)],
                ]}
              />
              <p className="mono break">{work.data.file}</p>
              <Notice title="A share on each machine">
                <p>
                  <code className="break">
                    segue replay start --bundle {work.data.file} --shard 0/8 --journal share-0.ndjson
                  </code>
                </p>
                <p>The bundle holds profile data and no keys. Its journals are joined with Merge journals.</p>
              </Notice>
            </div>
          ) : null}
          <footer>
            {work.isPending ? (
              <Button onClick={() => orToast(api.job.cancel({ jobId }))}>Cancel export</Button>
            ) : null}
            {work.data ? (
              <Button onClick={() => orToast(api.app.showFile({ path: work.data.file }))}>Show file</Button>
            ) : null}
            <Button variant="primary" disabled={work.isPending} onClick={close}>
              Done
            </Button>
          </footer>
        </Dialog>
      ) : null}
    </>
  );
}
