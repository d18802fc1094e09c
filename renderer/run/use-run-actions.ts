import type { RunRow } from '../../preload/contract/run.ts';
import { useAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { type Guards, guarded } from '../shell/guard.ts';
import { plural } from '../ui/format.ts';
import { orToast, toastDone } from '../ui/toasts.tsx';
import { verbsOf } from './progress-store.ts';

/** Makes the verbs of the shown run available to buttons, palette and shortcuts; answers which make sense now. */
export function useRunActions(row: RunRow): ReturnType<typeof verbsOf> {
  const { id, workflow, environment } = row;
  const verbs = verbsOf(row);
  const sendAgain = (verb: string, call: (guards: Guards) => Promise<unknown>) => {
    const what = `${verb} sends messages of the run to the queue of ${workflow}.`;
    orToast(guarded({ workflow, environment, what }, call));
  };
  const cancel = async () => {
    const { sent } = await api.run.cancel({ id });
    toastDone(`Run cancelled; ${plural(sent, 'message')} sent before stay sent`);
  };
  const exportRun = async () => {
    const { path } = await api.app.chooseSaveFile({ title: 'Export run', defaultName: `run-${id}.ndjson` });
    if (path === null) return;
    const written = await api.run.export({ id, out: path });
    toastDone(`${plural(written.count, 'message')} written to ${written.file}`);
  };
  useAction('run.pause', () => orToast(api.run.pause({ id })), verbs.pause);
  useAction(
    'run.resume',
    () => sendAgain('Resume', (guards) => api.run.resume({ id, ...guards })),
    verbs.resume,
  );
  useAction('run.retry', () => sendAgain('Retry', (guards) => api.run.retry({ id, ...guards })), verbs.retry);
  useAction('run.cancel', () => orToast(cancel()), verbs.cancel);
  useAction('run.export', () => orToast(exportRun()));
  return verbs;
}
