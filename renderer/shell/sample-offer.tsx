import { useMutation } from '@tanstack/react-query';
import { api, newJobId } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { Button } from '../ui/controls.tsx';
import { count } from '../ui/format.ts';
import { toastDone, toastError } from '../ui/toasts.tsx';

/** Fills an empty workspace with the sample; the same call from a button, the palette and Settings. */
export function useLoadSample() {
  return useMutation({
    mutationFn: () => api.workspace.loadSample({ jobId: newJobId() }),
    onSuccess: ({ profiles, audiences, changes }) =>
      toastDone(
        `Sample loaded: ${count(profiles)} profiles, ${count(audiences)} audiences, ${count(changes)} changes`,
      ),
    onError: toastError,
  });
}

/** The offer of an empty view; nothing once the workspace holds something, which the sample would not be loaded over. */
export function SampleOffer() {
  const load = useLoadSample();
  const { data } = useAnswer('workspace', 'info', {});
  if (data === undefined || data.profiles + data.audiences + data.workflows > 0) return null;
  return (
    <Button disabled={load.isPending} onClick={() => load.mutate()}>
      {load.isPending ? 'Loading the sample' : 'Load the sample workspace'}
    </Button>
  );
}
