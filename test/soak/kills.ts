import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '../../main/engine/sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../main/engine/sandbox/sandbox.ts';
import { compare, prepareWorkspace, SANDBOX_KEYS } from './workload.ts';

export interface KillSoak {
  readonly messages: number;
  readonly kills: number;
  readonly seed: number;
}

/** Requests in flight at most; each may hold ten messages when the process dies. */
export const CONCURRENCY = 8;
const SCRIPT = new URL('sender-process.ts', import.meta.url).pathname;
/** Share of the messages that is sent between kills; the rest is for the last process, which is let live. */
const BETWEEN_KILLS = 0.8;
/** Every fifth process is killed after a time instead, also while it starts, recovers or writes its journal. */
const EARLY_EVERY = 5;
const EARLY_MS = 1_200;

/** A replay whose process is killed with SIGKILL at random moments and started again each time, until it is done. */
export async function soakKills({ messages, kills, seed }: KillSoak) {
  const random = seededRandom(seed);
  const sandbox = await startSandbox(SANDBOX_KEYS);
  try {
    const dir = await prepareWorkspace(messages, sandbox);
    const perLife = (messages * BETWEEN_KILLS) / kills;
    let killed = 0;
    for (let life = 1; life <= kills; life += 1) {
      const early = life % EARLY_EVERY === 0;
      const died = early
        ? await live(dir, { ms: random() * EARLY_MS })
        : await live(dir, { sandbox, sent: sandbox.stats.sent + random() * 2 * perLife });
      if (!died) break;
      killed += 1;
    }
    await live(dir, {});
    return { ...(await compare(dir, sandbox)), killed, bound: killed * CONCURRENCY * 10 };
  } finally {
    await sandbox.close();
  }
}

interface Death {
  /** Kill after so many milliseconds. */
  readonly ms?: number;
  /** Kill once the queue has been sent so many messages. */
  readonly sandbox?: Sandbox;
  readonly sent?: number;
}

/** Lets a sender live until it is killed (true) or has finished by itself (false). */
async function live(dir: string, { ms, sandbox, sent }: Death): Promise<boolean> {
  const child = spawn(process.execPath, [SCRIPT, dir, String(CONCURRENCY)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const running = () => child.exitCode === null && child.signalCode === null;
  if (ms !== undefined) await Promise.race([exited, wait(ms)]);
  if (sandbox !== undefined && sent !== undefined) {
    while (running() && sandbox.stats.sent < sent) await wait(1);
  }
  if ((ms !== undefined || sent !== undefined) && running()) child.kill('SIGKILL');
  await exited;
  if (child.signalCode === 'SIGKILL') return true;
  if (child.exitCode !== 0) throw new Error(`The sender ended with ${child.exitCode}.`);
  return false;
}
