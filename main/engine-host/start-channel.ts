import type { StartChannel } from './channel.ts';
import { startForkChannel } from './fork-channel.ts';
import { chooseRuntime } from './runtime.ts';
import { startUtilityChannel } from './utility-channel.ts';

/** Starts the engine in the way that fits this Electron; see {@link chooseRuntime} for what it throws. */
export function channelStarter(entryFile: string, appDir: string): StartChannel {
  return (onOutput) => {
    const runtime = chooseRuntime({
      nodeApi: process.versions.napi,
      env: process.env,
      platform: process.platform,
      appDir,
    });
    return runtime.kind === 'utility'
      ? startUtilityChannel(entryFile, onOutput)
      : startForkChannel(entryFile, runtime.nodeBinary, onOutput);
  };
}
