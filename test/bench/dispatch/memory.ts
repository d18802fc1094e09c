import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ensureBuild } from '../../../scripts/build.ts';
import { TELL_PEAK } from '../measure/command.ts';
import { WORKFLOW } from './workspace.ts';

const FOLDER = import.meta.dirname;
const ROOT = join(FOLDER, '../../..');
/** Megabytes that sending ten million messages may take. */
const GOAL_MB = 250;
const finished = z.object({ state: z.literal('completed'), sent: z.int(), seconds: z.number() });

interface Sample {
  readonly peakMb: number;
  readonly wallSeconds: number;
  readonly sendingSeconds: number;
}

/**
 * The peak of memory of a replay as a user has it: `segue replay start` of the built command line, on a workspace that
 * another process filled, to a server in a third one. Wanted: under 250 MB, and the same at every size.
 */
export async function measureMemory(sizes: readonly number[], apartMs: number): Promise<void> {
  await ensureBuild();
  const server = fork(join(FOLDER, 'server.ts'), ['0']);
  const [port]: number[] = await once(server, 'message');
  const host = `127.0.0.1:${port}`;
  console.log('messages       peak MB   preparing s   sending s   against the first');
  let first: Sample | undefined;
  try {
    for (const messages of sizes) {
      const sample = await replay(messages, host, apartMs);
      first ??= sample;
      const columns = [
        messages.toLocaleString('en-US').padEnd(12),
        sample.peakMb.toFixed(0).padStart(9),
        (sample.wallSeconds - sample.sendingSeconds).toFixed(1).padStart(13),
        sample.sendingSeconds.toFixed(1).padStart(11),
        `${(sample.peakMb / first.peakMb).toFixed(2)} ×, goal ${GOAL_MB} MB: ${sample.peakMb < GOAL_MB ? 'reached' : 'missed'}`,
      ];
      console.log(columns.join(' '));
    }
  } finally {
    server.kill();
  }
}

async function replay(messages: number, host: string, apartMs: number): Promise<Sample> {
  const dir = mkdtempSync(join(tmpdir(), 'segue-bench-memory-'));
  try {
    const queueUrl = `http://${host}/000000000000/bench`;
    const filling = fork(join(FOLDER, 'workspace.ts'), [dir, String(messages), queueUrl, String(apartMs)]);
    if ((await exitOf(filling)) !== 0) throw new Error('The workspace was not filled.');
    const startedMs = performance.now();
    const sender = spawn(
      join(ROOT, 'out/cli/segue.js'),
      [
        ...['--workspace', dir, '--json', '--credentials', 'env'],
        ...['replay', 'start', WORKFLOW, '--trust-host', host],
      ],
      {
        env: {
          ...process.env,
          NODE_OPTIONS: `--require ${TELL_PEAK}`,
          AWS_ACCESS_KEY_ID: 'BENCHBENCHBENCH',
          AWS_SECRET_ACCESS_KEY: 'bench',
        },
      },
    );
    const [answer, notes, code] = await Promise.all([
      text(sender.stdout),
      text(sender.stderr),
      exitOf(sender),
    ]);
    const wallSeconds = (performance.now() - startedMs) / 1000;
    if (code !== 0) throw new Error(`The replay ended with ${code}: ${answer}${notes}`);
    const { sent, seconds } = finished.parse(JSON.parse(answer));
    if (sent !== messages) throw new Error(`${sent} of ${messages} messages were sent.`);
    const peakKiB = Number(/peak (\d+) KiB/.exec(notes)?.[1]);
    return { peakMb: (peakKiB * 1024) / 1e6, wallSeconds, sendingSeconds: seconds };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function exitOf(child: ChildProcess): Promise<number> {
  const [code]: number[] = await once(child, 'exit');
  return code ?? -1;
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += chunk;
  return all;
}
