/**
 * A minimal keep-alive server that answers SendMessageBatch: `node server.ts DELAY_MS`. Sends its port to its parent, and
 * the arrivals so far whenever the parent sends it something.
 */
import { hash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Entry {
  Id: string;
  MessageBody: string;
}

/** The messages of one call and when it came, in monotonic milliseconds. */
export interface Arrival {
  readonly atMs: number;
  readonly count: number;
}

const arrivals: Arrival[] = [];
const delayMs = Number(process.argv[2] ?? 0);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = answerTo(String(request.headers['x-amz-target']), Buffer.concat(chunks).toString());
    const send = () => {
      response.writeHead(200, {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': Buffer.byteLength(answer),
      });
      response.end(answer);
    };
    if (delayMs === 0) send();
    else setTimeout(send, delayMs);
  });
});

function answerTo(target: string, body: string): string {
  if (!target.endsWith('SendMessageBatch'))
    return JSON.stringify({ Attributes: { MaximumMessageSize: '1048576' } });
  const { Entries } = JSON.parse(body) as { Entries: Entry[] };
  arrivals.push({ atMs: performance.now(), count: Entries.length });
  return JSON.stringify({
    Successful: Entries.map(({ Id, MessageBody }) => ({
      Id,
      MessageId: randomUUID(),
      MD5OfMessageBody: hash('md5', MessageBody),
    })),
  });
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', () => process.send?.(arrivals));
