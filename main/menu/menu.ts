import { Menu, type MenuItemConstructorOptions } from 'electron';
import { MENU_CHORDS } from '../../preload/contract/chords.ts';

interface MenuActions {
  /** Sends a command of the renderer's action registry to the window. */
  readonly command: (id: string) => void;
  readonly restartEngine: () => void;
  readonly devTools: boolean;
}

/** The application menu. Commands that the page knows are sent to it by id; the rest is the platform's own. */
export function installMenu({ command, restartEngine, devTools }: MenuActions): void {
  const mac: MenuItemConstructorOptions[] = process.platform === 'darwin' ? [{ role: 'appMenu' }] : [];
  const inspect: MenuItemConstructorOptions[] = devTools
    ? [{ role: 'reload' }, { role: 'toggleDevTools' }]
    : [];
  const chords: Readonly<Record<string, string>> = MENU_CHORDS;
  const item = (label: string, id: string): MenuItemConstructorOptions => {
    const chord = chords[id];
    const click = () => command(id);
    if (chord === undefined) return { label, click };
    // Shown only: the page listens to the keys itself, and leaves them alone while a dialog is open.
    return {
      label,
      click,
      accelerator: chord.replace('Mod', 'CommandOrControl'),
      registerAccelerator: false,
    };
  };
  const template: MenuItemConstructorOptions[] = [
    ...mac,
    {
      label: '&File',
      submenu: [
        item('New Workflow', 'workflow.new'),
        { type: 'separator' },
        item('Import Profiles…', 'import.profiles'),
        item('Import Membership Snapshot…', 'import.snapshot'),
        item('Import Audiences…', 'import.audiences'),
        item('Import Archived Messages…', 'import.archive'),
        item('Capture Messages of a Queue…', 'capture.open'),
        { type: 'separator' },
        item('Back Up Workspace…', 'workspace.backup'),
        { type: 'separator' },
        process.platform === 'darwin' ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        item('Command Palette…', 'app.palette'),
        item('Keyboard Shortcuts', 'app.shortcuts'),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...inspect,
      ],
    },
    { label: 'E&ngine', submenu: [{ label: 'Restart', click: restartEngine }] },
    { role: 'windowMenu' },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
