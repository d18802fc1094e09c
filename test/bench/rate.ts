/**
 * `npm run bench -- rate [SECONDS] [RATE …]`: the rate limit by the real clock. A journalled replay at each rate, its
 * messages counted where they arrive. Wanted: within 2 % over 30 s, and never more than 1.2 times the rate in one second.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { busiestSecond } from '../engine/dispatch/busiest-second.ts';
import type { Arrival } from './dispatch/server.ts';

const FOLDER = join(import.meta.dirname, 'dispatch');
const CONCURRENCY = '16';

export async function run([seconds = '30', ...rates]: string[]): Promise<void> {
  console.log(`${seconds} s of sending\nrate     messages/s   off by   busiest second`);
  for (const rate of rates.length === 0 ? ['100', '1000'] : rates) {
    const arrivals = await replay(Number(rate) * Number(seconds), rate);
    const [first, ...rest] = arrivals;
    const last = arrivals.at(-1);
    if (first === undefined || last === undefined) throw new Error('Nothing arrived.');
    const count = rest.reduce((sum, arrival) => sum + arrival.count, 0);
    const perSecond = (count * 1000) / (last.atMs - first.atMs);
    const columns = [
      rate.padEnd(6),
      perSecond.toFixed(1).padStart(12),
      `${((perSecond / Number(rate) - 1) * 100).toFixed(2)} %`.padStart(8),
      `${(busiestSecond(arrivals) / Number(rate)).toFixed(2)} ×`.padStart(16),
    ];
    console.log(columns.join(' '));
  }
}

async function replay(messages: number, rate: string): Promise<Arrival[]> {
  const server = fork(join(FOLDER, 'server.ts'), ['0']);
  const [port]: number[] = await once(server, 'message');
  const sender = fork(join(FOLDER, 'contender.ts'), [
    'segue',
    String(port),
    String(messages),
    CONCURRENCY,
    rate,
  ]);
  const [code]: number[] = await once(sender, 'exit');
  if (code !== 0) throw new Error(`The sender ended with ${code}`);
  server.send('arrivals');
  const [arrivals]: Arrival[][] = await once(server, 'message');
  server.kill();
  return arrivals ?? [];
}
