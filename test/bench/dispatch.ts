/**
 * `npm run bench -- dispatch [MESSAGES] [ROUNDS] [CONCURRENCY]`: a journalled replay beside the bare SDK, sqs-producer and a
 * raw signed HTTP client, against a minimal keep-alive server in another process, at 0 and 15 ms delay; without delay also
 * reading and building the messages alone. Each contender runs in its own process, rounds are interleaved, medians are
 * printed.
 *
 * `npm run bench -- dispatch --only memory [MESSAGES …] [--apart MS]`: the peak of memory of the built command line by size,
 * the changes so many milliseconds apart (1; 0 for a single instant).
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Numbers } from './dispatch/contender.ts';
import { measureMemory } from './dispatch/memory.ts';
import { median } from './measure/median.ts';

const FOLDER = join(import.meta.dirname, 'dispatch');
const NAMES = ['segue', 'bare SDK', 'sqs-producer', 'raw HTTP'];
/** Needs no queue, so that it is measured once and not for each delay. */
const BUILDING = 'read + build';

const MEMORY_SIZES = ['200000', '1000000'];

export async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { only: { type: 'string' }, apart: { type: 'string', default: '1' } },
  });
  if (values.only === 'memory') {
    const sizes = positionals.length === 0 ? MEMORY_SIZES : positionals;
    return await measureMemory(sizes.map(Number), Number(values.apart));
  }
  await measureRates(positionals);
}

async function measureRates([messages = '20000', rounds = '3', concurrency = '16']: string[]): Promise<void> {
  for (const delayMs of [0, 15]) {
    const server = fork(join(FOLDER, 'server.ts'), [String(delayMs)]);
    const port = await new Promise<unknown>((resolve) => server.once('message', resolve));
    const names = delayMs === 0 ? [...NAMES, BUILDING] : NAMES;
    const measured = new Map<string, Numbers[]>(names.map((name) => [name, []]));
    for (let round = 0; round < Number(rounds); round += 1) {
      for (const name of names) {
        // One request at a time and 15 ms each: a tenth of the messages says as much.
        const count = name === 'sqs-producer' && delayMs > 0 ? String(Number(messages) / 10) : messages;
        const numbers = await contend(name, String(port), count, concurrency);
        const scale = Number(messages) / Number(count);
        measured.get(name)?.push({
          ...numbers,
          seconds: numbers.seconds * scale,
          cpuSeconds: numbers.cpuSeconds * scale,
        });
      }
    }
    server.kill();
    print(delayMs, Number(messages), measured);
  }
}

function contend(name: string, port: string, messages: string, concurrency: string): Promise<Numbers> {
  return new Promise((resolve, reject) => {
    const child = fork(join(FOLDER, 'contender.ts'), [name, port, messages, concurrency]);
    child.once('message', (numbers: Numbers) => resolve(numbers));
    child.once('exit', (code) => {
      if (code !== 0) reject(new Error(`${name} ended with ${code}`));
    });
  });
}

function print(delayMs: number, messages: number, measured: ReadonlyMap<string, Numbers[]>): void {
  const rate = (name: string) => messages / median((measured.get(name) ?? []).map(({ seconds }) => seconds));
  console.log(`\n${messages} messages, ${delayMs} ms server delay`);
  console.log('contender       messages/s   CPU µs/message   peak MB   segue is');
  for (const [name, numbers] of measured) {
    const cpu = (median(numbers.map(({ cpuSeconds }) => cpuSeconds)) / messages) * 1e6;
    const columns = [
      name.padEnd(14),
      rate(name).toFixed(0).padStart(12),
      cpu.toFixed(1).padStart(16),
      median(numbers.map(({ peakMb }) => peakMb))
        .toFixed(0)
        .padStart(9),
      (name === BUILDING ? '' : `${(rate('segue') / rate(name)).toFixed(2)} ×`).padStart(10),
    ];
    console.log(columns.join(' '));
  }
  if (measured.has(BUILDING)) {
    const times = (rate(BUILDING) / rate('bare SDK')).toFixed(1);
    console.log(`Reading and building without the network: ${times} × the bare SDK's rate of sending.`);
  }
}
