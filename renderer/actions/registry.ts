import { MENU_CHORDS } from '../../preload/contract/chords.ts';

/** One thing that a person can do: it feeds the palette, the shortcut sheet, tooltips and the menu alike. */
export interface Action {
  readonly id: string;
  readonly title: string;
  readonly group: 'Go to' | 'Workflow' | 'Replay and runs' | 'Data' | 'Segue';
  /** A chord such as `Mod+Shift+Enter`; `Mod` is Command on macOS and Control elsewhere. */
  readonly keys?: string;
  /** Undo and redo leave the keys to a text editor or search box that has the focus outside the form. */
  readonly formOnly?: boolean;
}

const list = [
  { id: 'go.workflows', title: 'Workflows', group: 'Go to', keys: 'Mod+1' },
  { id: 'go.profiles', title: 'Profiles', group: 'Go to', keys: 'Mod+2' },
  { id: 'go.audiences', title: 'Audiences', group: 'Go to', keys: 'Mod+3' },
  { id: 'go.history', title: 'History', group: 'Go to', keys: 'Mod+4' },
  { id: 'go.runs', title: 'Runs', group: 'Go to', keys: 'Mod+5' },
  { id: 'go.sandbox', title: 'Sandbox', group: 'Go to', keys: 'Mod+6' },
  { id: 'go.authorizations', title: 'Authorizations', group: 'Go to', keys: 'Mod+7' },
  { id: 'go.settings', title: 'Settings', group: 'Go to', keys: 'Mod+8' },
  { id: 'workflow.new', title: 'New workflow', group: 'Workflow', keys: MENU_CHORDS['workflow.new'] },
  { id: 'workflow.save', title: 'Save', group: 'Workflow', keys: 'Mod+S' },
  { id: 'workflow.undo', title: 'Undo', group: 'Workflow', keys: 'Mod+Z', formOnly: true },
  { id: 'workflow.redo', title: 'Redo', group: 'Workflow', keys: 'Mod+Shift+Z', formOnly: true },
  { id: 'workflow.diff', title: 'Compare draft and saved', group: 'Workflow', keys: 'Mod+Shift+D' },
  { id: 'workflow.duplicate', title: 'Duplicate workflow', group: 'Workflow', keys: 'Mod+D' },
  { id: 'workflow.remove', title: 'Remove workflow', group: 'Workflow' },
  { id: 'workflow.import', title: 'Import workflow…', group: 'Workflow' },
  { id: 'workflow.export', title: 'Export workflow…', group: 'Workflow' },
  { id: 'message.send', title: 'Send test', group: 'Workflow', keys: 'Mod+Enter' },
  { id: 'replay.open', title: 'Replay…', group: 'Replay and runs', keys: 'Mod+Shift+Enter' },
  { id: 'bundle.export', title: 'Export bundle…', group: 'Replay and runs' },
  { id: 'bundle.merge', title: 'Merge journals of a bundle…', group: 'Replay and runs' },
  { id: 'run.pause', title: 'Pause', group: 'Replay and runs' },
  { id: 'run.resume', title: 'Resume', group: 'Replay and runs' },
  { id: 'run.cancel', title: 'Cancel run', group: 'Replay and runs' },
  { id: 'run.export', title: 'Export run…', group: 'Replay and runs' },
  { id: 'run.retry', title: 'Retry parked', group: 'Replay and runs' },
  { id: 'run.editMessage', title: 'Edit parked message…', group: 'Replay and runs', keys: 'Mod+E' },
  { id: 'import.profiles', title: 'Import profiles…', group: 'Data' },
  { id: 'import.events', title: 'Import data events…', group: 'Data' },
  { id: 'import.snapshot', title: 'Import membership snapshot…', group: 'Data' },
  { id: 'import.audiences', title: 'Import audiences…', group: 'Data' },
  { id: 'import.archive', title: 'Import archived messages…', group: 'Data' },
  { id: 'import.batches', title: 'Imports and undo…', group: 'Data' },
  { id: 'capture.open', title: 'Capture messages of a queue…', group: 'Data' },
  { id: 'sandbox.faults', title: 'Faults of the sandbox…', group: 'Data' },
  { id: 'history.export', title: 'Export history…', group: 'Data' },
  { id: 'sample.load', title: 'Load the sample workspace', group: 'Data' },
  { id: 'authorization.new', title: 'Add authorization', group: 'Segue' },
  { id: 'workspace.backup', title: 'Back up workspace…', group: 'Segue' },
  { id: 'workspace.prune', title: 'Remove older profile versions…', group: 'Segue' },
  { id: 'theme.light', title: 'Light theme', group: 'Segue' },
  { id: 'theme.dark', title: 'Dark theme', group: 'Segue' },
  { id: 'theme.system', title: 'Theme of the system', group: 'Segue' },
  { id: 'app.palette', title: 'Command palette', group: 'Segue', keys: MENU_CHORDS['app.palette'] },
  { id: 'app.shortcuts', title: 'Keyboard shortcuts', group: 'Segue', keys: MENU_CHORDS['app.shortcuts'] },
] as const satisfies readonly Action[];

export type ActionId = (typeof list)[number]['id'];

/** Every action of the window, in the order in which palette and sheet show them. */
export const actions: readonly (Action & { readonly id: ActionId })[] = list;

/** The action of an id; undefined for an id that the registry does not have. */
export function findAction(id: string): (Action & { readonly id: ActionId }) | undefined {
  return actions.find((action) => action.id === id);
}
