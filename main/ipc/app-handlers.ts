import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { app, type BrowserWindow, clipboard, dialog, shell } from 'electron';
import type { Handlers, MainContract } from '../../preload/contract/contract.ts';
import { SegueError } from '../engine/core/errors.ts';
import { checkExternalUrl } from '../guards/external-links.ts';

interface AppFacts {
  readonly workspace: string;
  /** True on the Electron of the fallback, which the window says. */
  readonly fallbackRuntime: boolean;
  readonly ownWindow: () => BrowserWindow | undefined;
}

/** Answers `app.*`: facts, the system's dialogs, the clipboard, links. */
export function createAppHandlers({
  workspace,
  fallbackRuntime,
  ownWindow,
}: AppFacts): Handlers<MainContract, undefined>['app'] {
  return {
    info: () => ({
      version: app.getVersion(),
      electron: process.versions.electron ?? '',
      chrome: process.versions.chrome ?? '',
      node: process.versions.node,
      platform: process.platform,
      workspace,
      fallbackRuntime,
    }),
    chooseFile: async (asked) => ({ path: (await openDialog(ownWindow(), asked, ['openFile']))[0] ?? null }),
    chooseFiles: async (asked) => ({
      paths: await openDialog(ownWindow(), asked, ['openFile', 'multiSelections']),
    }),
    async chooseSaveFile({ title, defaultName }) {
      const options: Electron.SaveDialogOptions = { title, defaultPath: defaultName };
      const window = ownWindow();
      const { filePath } = await (window === undefined
        ? dialog.showSaveDialog(options)
        : dialog.showSaveDialog(window, options));
      return { path: filePath || null };
    },
    async showFile({ path }) {
      // Only shown, never opened: what a file would start is not Segue's to start.
      const file = resolve(path);
      if (!existsSync(file))
        throw new SegueError('FILE_NOT_FOUND', `There is no file ${file}.`, { path: file });
      shell.showItemInFolder(file);
      return {};
    },
    copyText({ text }) {
      clipboard.writeText(text);
      return {};
    },
    async openExternal({ url }) {
      await shell.openExternal(checkExternalUrl(url));
      return {};
    },
  };
}

type OpenProperties = NonNullable<Electron.OpenDialogOptions['properties']>;

/** The system's dialog for opening files, above the window where there is one; the chosen paths. */
async function openDialog(
  window: BrowserWindow | undefined,
  { title, extensions }: { title: string; extensions: string[] },
  properties: OpenProperties,
): Promise<string[]> {
  const options: Electron.OpenDialogOptions = {
    title,
    properties,
    filters: extensions.length > 0 ? [{ name: 'Files', extensions }] : [],
  };
  const { filePaths } = await (window === undefined
    ? dialog.showOpenDialog(options)
    : dialog.showOpenDialog(window, options));
  return filePaths;
}
