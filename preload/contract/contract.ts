import { appCalls } from './app.ts';
import { audienceCalls } from './audience.ts';
import { authorizationCalls } from './authorization.ts';
import { bundleCalls } from './bundle.ts';
import type { Call, InputOf, OutputOf, ParsedInputOf } from './call.ts';
import { captureCalls } from './capture.ts';
import { batchCalls, historyCalls, snapshotCalls } from './history.ts';
import { liveCalls, setLive } from './live.ts';
import { messageCalls } from './message.ts';
import { profileCalls } from './profile.ts';
import { retentionCalls } from './retention.ts';
import { runCalls } from './run.ts';
import { sandboxCalls } from './sandbox.ts';
import { workflowCalls } from './workflow.ts';
import { clockCalls, jobCalls, workspaceCalls } from './workspace.ts';

/** Calls that the engine answers, in the window's engine process and in the command line alike. */
export const engineContract = {
  workspace: workspaceCalls,
  clock: clockCalls,
  job: jobCalls,
  profile: profileCalls,
  retention: retentionCalls,
  audience: audienceCalls,
  snapshot: snapshotCalls,
  history: historyCalls,
  batch: batchCalls,
  workflow: { ...workflowCalls, setLive },
  message: messageCalls,
  run: runCalls,
  live: liveCalls,
  bundle: bundleCalls,
  capture: captureCalls,
  sandbox: sandboxCalls,
};

/** Calls that Electron main answers: the keychain and the desktop. */
export const mainContract = {
  app: appCalls,
  authorization: authorizationCalls,
};

/** Every call that the window can make. Handler, bridge and client types are derived from it. */
export const contract = { ...engineContract, ...mainContract };

export type EngineContract = typeof engineContract;
export type MainContract = typeof mainContract;
export type Contract = typeof contract;

/** `domain.verb`, for example `run.start`. */
export type CallName<C> = {
  [D in keyof C & string]: `${D}.${keyof C[D] & string}`;
}[keyof C & string];

/** The call that a name stands for. */
export type CallNamed<C, N> = N extends `${infer D}.${infer V}`
  ? D extends keyof C
    ? V extends keyof C[D]
      ? C[D][V]
      : never
    : never
  : never;

/** Handlers of a contract: the parsed input and a context in, the output out. */
export type Handlers<C, Context> = {
  [D in keyof C]: {
    [V in keyof C[D]]: (
      input: ParsedInputOf<C[D][V]>,
      context: Context,
    ) => Promise<OutputOf<C[D][V]>> | OutputOf<C[D][V]>;
  };
};

/** The client's view: verbs that take what may be passed and promise what comes back. */
export type Client<C> = {
  [D in keyof C]: { [V in keyof C[D]]: (input: InputOf<C[D][V]>) => Promise<OutputOf<C[D][V]>> };
};

/** Looks a call up by its `domain.verb` name; undefined for a name that the contract does not have. */
export function findCall(of: Record<string, Record<string, Call>>, name: string): Call | undefined {
  const [domain, verb, ...rest] = name.split('.');
  if (domain === undefined || verb === undefined || rest.length > 0) return undefined;
  const calls = Object.hasOwn(of, domain) ? of[domain] : undefined;
  return calls !== undefined && Object.hasOwn(calls, verb) ? calls[verb] : undefined;
}
