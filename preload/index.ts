/** Runs before the page, sandboxed and in its own world: puts the bridge on `window.segue`, and nothing else. */
import './contract/without-eval.ts';
import { contextBridge, ipcRenderer } from 'electron';
import { createBridge } from './bridge.ts';
import { EVENT_CHANNEL } from './contract/bridge.ts';

contextBridge.exposeInMainWorld(
  'segue',
  createBridge({
    invoke: (channel, input) => ipcRenderer.invoke(channel, input),
    onEvent: (listener) => {
      ipcRenderer.on(EVENT_CHANNEL, (_event, name: unknown, payload: unknown) => listener(name, payload));
    },
  }),
);
