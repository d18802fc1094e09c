import { type BrowserWindow, ipcMain } from 'electron';
import { callChannel } from '../../preload/contract/bridge.ts';
import type { Call } from '../../preload/contract/call.ts';
import { contract } from '../../preload/contract/contract.ts';
import { type AnswerParsed, answerCall } from './answer-call.ts';

/** Registers every call of the contract as an IPC handler of its own; a name outside the contract has no channel. */
export function registerCalls(ownWindow: () => BrowserWindow | undefined, answer: AnswerParsed): void {
  for (const [domain, calls] of Object.entries<Record<string, Call>>(contract)) {
    for (const [verb, declared] of Object.entries(calls)) {
      const name = `${domain}.${verb}`;
      ipcMain.handle(callChannel(name), ({ sender, senderFrame }, input: unknown) => {
        const window = ownWindow();
        const from = {
          frameUrl: senderFrame?.url,
          isMainFrame: senderFrame !== null && senderFrame === sender.mainFrame,
          isOwnWindow: window !== undefined && window.webContents === sender,
        };
        return answerCall(name, declared, from, input, answer);
      });
    }
  }
}
