/**
 * JSON.parse over the lines of a file, in a process of its own: `FILE`. Texts are made a chunk at a time, as memory is bounded.
 * Prints how many objects there were, and the CPU seconds of parsing without those of reading and of parting lines.
 */
import { createReadStream } from 'node:fs';

const [file = ''] = process.argv.slice(2);
let rest = '';
let objects = 0;
let parsingSeconds = 0;
for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
  const lines = `${rest}${chunk}`.split('\n');
  rest = lines.pop() ?? '';
  const before = process.cpuUsage();
  for (const line of lines) if (typeof JSON.parse(line) === 'object') objects += 1;
  const { user, system } = process.cpuUsage(before);
  parsingSeconds += (user + system) / 1e6;
}
console.log(JSON.stringify({ objects, parsingSeconds }));
