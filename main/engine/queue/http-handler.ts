import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

/** A request of the SDK, as far as SQS uses it: no query, a body of text or bytes. */
export interface OutgoingRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

export interface HandlerOptions {
  readonly sockets: number;
  readonly connectionTimeoutMs: number;
  /** For the whole call, from the request to the last byte of the reply. */
  readonly requestTimeoutMs: number;
}

const USER_AGENT = 'segue';

/**
 * Posts requests over connections that are kept open, in place of the SDK's handler: one timer for a call instead of four,
 * and a reply is one buffer instead of a stream through another stream. A call without an answer in time fails with
 * `ETIMEDOUT`, as the SDK's does.
 */
export function createHttpHandler({ sockets, connectionTimeoutMs, requestTimeoutMs }: HandlerOptions) {
  const agentOptions = { keepAlive: true, maxSockets: sockets };
  const plain = { request: requestHttp, agent: new HttpAgent(agentOptions) };
  const secure = { request: requestHttps, agent: new HttpsAgent(agentOptions) };

  const post = ({
    protocol,
    hostname,
    port,
    method,
    path,
    headers,
    body,
  }: OutgoingRequest): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { request, agent } = protocol === 'https:' ? secure : plain;
      const payload = typeof body === 'string' || body instanceof Uint8Array ? body : '';
      const call = request({
        // A literal IPv6 address stands in brackets in a URL only.
        host: hostname.replace(/^\[(.*)\]$/, '$1'),
        port,
        method,
        path,
        agent,
        headers: { ...headers, 'user-agent': USER_AGENT, 'content-length': Buffer.byteLength(payload) },
      });
      const timer = setTimeout(
        () => call.destroy(timedOut(`no answer within ${requestTimeoutMs} ms`)),
        requestTimeoutMs,
      );
      call.once('close', () => clearTimeout(timer));
      call.once('error', reject);
      call.once('socket', (socket) => {
        if (!socket.connecting) return;
        const connecting = setTimeout(
          () => call.destroy(timedOut(`no connection within ${connectionTimeoutMs} ms`)),
          connectionTimeoutMs,
        );
        const stop = () => clearTimeout(connecting);
        socket.once('connect', stop).once('close', stop);
      });
      call.once('response', (response) => collect(response, resolve, reject));
      call.end(payload);
    });

  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request: OutgoingRequest): Promise<{ response: Answer }> => ({
      response: await post(request),
    }),
    destroy() {
      plain.agent.destroy();
      secure.agent.destroy();
    },
  };
}

function collect(
  response: IncomingMessage,
  resolve: (answer: Answer) => void,
  reject: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.once('error', reject);
  response.once('end', () => {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(response.headers)) {
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    const [first] = chunks;
    const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    resolve({ statusCode: response.statusCode ?? -1, headers, body });
  });
}

function timedOut(what: string): Error {
  return Object.assign(new Error(`The queue gave ${what}.`), { name: 'TimeoutError', code: 'ETIMEDOUT' });
}
