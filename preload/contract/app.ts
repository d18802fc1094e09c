import { z } from 'zod';
import { call } from './call.ts';
import { filePath } from './values.ts';

/** More than any message body or profile text that the window shows. */
const MAX_COPIED_CHARS = 4 * 1024 * 1024;

/** Calls that main answers itself: windows, dialogs and links never reach the engine. */
export const appCalls = {
  info: call(
    z.object({}),
    z.object({
      version: z.string(),
      electron: z.string(),
      chrome: z.string(),
      node: z.string(),
      platform: z.string(),
      workspace: z.string(),
      fallbackRuntime: z.boolean(),
    }),
  ),
  /** The system's dialog for opening a file; null when it was closed without a choice. */
  chooseFile: call(
    z.object({ title: z.string().max(200), extensions: z.array(z.string().max(20)).default([]) }),
    z.object({ path: z.string().nullable() }),
  ),
  /** The same for several files; an empty list when it was closed without a choice. */
  chooseFiles: call(
    z.object({ title: z.string().max(200), extensions: z.array(z.string().max(20)).default([]) }),
    z.object({ paths: z.array(z.string()) }),
  ),
  chooseSaveFile: call(
    z.object({ title: z.string().max(200), defaultName: z.string().max(255) }),
    z.object({ path: z.string().nullable() }),
  ),
  /** Shows a file in the system's file manager. */
  showFile: call(z.object({ path: filePath }), z.object({})),
  /** Puts text on the clipboard, by main: the page itself has no permission to, and none to read it. */
  copyText: call(z.object({ text: z.string().max(MAX_COPIED_CHARS) }), z.object({})),
  /** Opens a link in the system's browser; only https hosts on main's allowlist. */
  openExternal: call(z.object({ url: z.string().max(2048) }), z.object({})),
};
