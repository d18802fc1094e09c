import type { JSX } from 'react';
import { useAction } from './actions/handlers.ts';
import { AudiencesView } from './audience/audiences-view.tsx';
import { AuthorizationsView } from './authorization/authorizations-view.tsx';
import { api } from './bridge.ts';
import { MergeDialogs } from './bundle/merge-dialog.tsx';
import { CaptureDialogs } from './capture/capture-dialog.tsx';
import { HistoryView } from './history/history-view.tsx';
import { ImportDialogs } from './import/import-dialogs.tsx';
import { ProfilesView } from './profile/profiles-view.tsx';
import { ReplayView } from './replay/replay-view.tsx';
import { RunPage } from './run/run-page.tsx';
import { RunsView } from './run/runs-view.tsx';
import { SandboxView } from './sandbox/sandbox-view.tsx';
import { SettingsView } from './settings/settings-view.tsx';
import { EngineBanner } from './shell/engine-banner.tsx';
import { GuardDialogs } from './shell/guard-dialogs.tsx';
import { Header } from './shell/header.tsx';
import { LiveBanner } from './shell/live-banner.tsx';
import { type Place, type Section, useNavigation } from './shell/navigation.ts';
import { PaletteAndShortcuts } from './shell/palette.tsx';
import { Rail } from './shell/rail.tsx';
import { useLoadSample } from './shell/sample-offer.tsx';
import { useTheme } from './shell/theme.ts';
import { byteSize } from './ui/format.ts';
import { orToast, Toasts, toastDone } from './ui/toasts.tsx';
import { useWorkflowActions, WorkflowsView } from './workflow/workflows-view.tsx';

const views: Record<Section, () => JSX.Element> = {
  workflows: WorkflowsView,
  profiles: ProfilesView,
  audiences: AudiencesView,
  history: HistoryView,
  runs: RunsView,
  sandbox: SandboxView,
  authorizations: AuthorizationsView,
  settings: SettingsView,
};

function View({ place }: { place: Place }) {
  if (place.name === 'replay') return <ReplayView name={place.workflow} />;
  if (place.name === 'run') return <RunPage id={place.id} />;
  const Shown = views[place.name];
  return <Shown />;
}

async function backUp(): Promise<void> {
  const { path } = await api.app.chooseSaveFile({
    title: 'Back up workspace',
    defaultName: 'segue-backup.db',
  });
  if (path === null) return;
  const { file, bytes } = await api.workspace.backup({ out: path });
  toastDone(`Backup of ${byteSize(bytes)} written to ${file}`);
}

/** Actions that mean the same wherever they are called from. */
function GlobalActions() {
  const go = useNavigation((state) => state.go);
  const choose = useTheme((state) => state.choose);
  const sample = useLoadSample();
  useWorkflowActions();
  useAction('go.workflows', () => go({ name: 'workflows' }));
  useAction('go.profiles', () => go({ name: 'profiles' }));
  useAction('go.audiences', () => go({ name: 'audiences' }));
  useAction('go.history', () => go({ name: 'history' }));
  useAction('go.runs', () => go({ name: 'runs' }));
  useAction('go.sandbox', () => go({ name: 'sandbox' }));
  useAction('go.authorizations', () => go({ name: 'authorizations' }));
  useAction('go.settings', () => go({ name: 'settings' }));
  useAction('sample.load', () => sample.mutate(), !sample.isPending);
  useAction('workspace.backup', () => orToast(backUp()));
  useAction('theme.light', () => choose('light'));
  useAction('theme.dark', () => choose('dark'));
  useAction('theme.system', () => choose('system'));
  return null;
}

/** The window: rail, header, banner, the view of the place, and what lies above every view. */
export function App() {
  const place = useNavigation((state) => state.place);
  return (
    <>
      <GlobalActions />
      <Rail />
      <div className="frame">
        <Header />
        <EngineBanner />
        <LiveBanner />
        <main aria-label="View">
          <View place={place} />
        </main>
      </div>
      <ImportDialogs />
      <CaptureDialogs />
      <MergeDialogs />
      <PaletteAndShortcuts />
      <GuardDialogs />
      <Toasts />
    </>
  );
}
