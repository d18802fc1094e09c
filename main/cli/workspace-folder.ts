import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The folder of the workspace when none is named: `SEGUE_WORKSPACE`, else the one that the app itself opens (Electron's
 * `userData` folder for "Segue").
 */
export function defaultWorkspace(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (env.SEGUE_WORKSPACE !== undefined && env.SEGUE_WORKSPACE !== '') return resolve(env.SEGUE_WORKSPACE);
  return join(userData(env, platform), 'Segue', 'workspace');
}

function userData(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === 'win32') return env.APPDATA ?? join(homedir(), 'AppData', 'Roaming');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  return env.XDG_CONFIG_HOME ?? join(homedir(), '.config');
}
