import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FaultPlan, type Faults, spoilChecksum } from './faults.ts';
import type { Answer, OperationContext } from './operation.ts';
import { findOperation } from './operations.ts';
import { asObject, type Input } from './request-input.ts';
import { errorReply, ServiceError } from './service-error.ts';
import type { createVerifier } from './signature.ts';

const HOST = '127.0.0.1';
/** A 1 MiB message grows in JSON: threefold when all of it is escaped as \uXXXX, by a third as base64. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const CONTENT_TYPE = 'application/x-amz-json-1.0';
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

export interface HttpStats {
  requests: number;
  /** Answered with an error that was not injected. */
  refused: number;
}

export interface HttpServerOptions {
  /** 0 for any free port. */
  port: number;
  verify: ReturnType<typeof createVerifier>;
  faults: Faults;
  context: OperationContext;
  /** Resolves when all that the operations have written is stored. */
  commit: () => Promise<void>;
  /** How long a client may take to send its request. */
  requestTimeoutMs: number;
}

export interface HttpServer {
  port: number;
  stats: Readonly<HttpStats>;
  /** Ends waiting requests with an empty answer, then closes every connection. */
  close(): Promise<void>;
}

function parseInput(body: Buffer): Input {
  // Decoding would put U+FFFD where the bytes are wrong, and store what nobody sent.
  if (!isUtf8(body)) {
    throw new ServiceError('SerializationException', 'The request body is not valid UTF-8.');
  }
  let parsed: unknown;
  try {
    parsed = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    throw new ServiceError('SerializationException', 'The request body is not valid JSON.');
  }
  return asObject(parsed, 'request');
}

function reply(response: ServerResponse, status: number, body: string, queryError?: string): void {
  if (response.destroyed || response.headersSent) {
    return;
  }
  const headers: Record<string, string | number> = {
    'content-type': CONTENT_TYPE,
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': randomUUID(),
  };
  if (queryError !== undefined) {
    headers['x-amzn-query-error'] = queryError;
  }
  response.writeHead(status, headers);
  response.end(body);
}

function replyError(response: ServerResponse, thrown: unknown): void {
  const error =
    thrown instanceof ServiceError
      ? thrown
      : new ServiceError('InternalError', 'The sandbox failed on this request.');
  const { status, queryError, body } = errorReply(error);
  reply(response, status, body, queryError);
}

/** Refuses what does not look like a request of a client on this machine, before its body is read. */
function checkRequestLine(request: IncomingMessage): void {
  // A page in a browser can be made to reach loopback under a name of its own (DNS rebinding), but then sends that name.
  if (!LOOPBACK_HOST.test(request.headers.host ?? '')) {
    throw new ServiceError('AccessDenied', 'The sandbox answers under localhost and 127.0.0.1 only.');
  }
  if (request.method !== 'POST') {
    throw new ServiceError('MethodNotAllowed', 'The sandbox speaks AWS JSON 1.0: POST requests only.');
  }
}

function readBody(
  request: IncomingMessage,
  done: (body: Buffer) => void,
  fail: (error: ServiceError) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      request.removeAllListeners('data');
      fail(new ServiceError('RequestEntityTooLarge', `The request is longer than ${MAX_BODY_BYTES} bytes.`));
      return;
    }
    chunks.push(chunk);
  });
  request.on('end', () => {
    if (bytes <= MAX_BODY_BYTES) {
      done(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes));
    }
  });
}

const NO_ENTRY_ERROR = () => null;

/**
 * Starts the HTTP side of the sandbox on loopback: checks Host and signature, reads the request, injects faults, carries
 * out the operation and answers when it is stored. Rejects when the port is taken.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { verify, faults, context, commit, requestTimeoutMs } = options;
  const stats: HttpStats = { requests: 0, refused: 0 };
  const closing = new AbortController();

  /** Fires when the client has gone, or the sandbox closes: messages must not be delivered to nobody. */
  function goneSignal(response: ServerResponse): AbortSignal {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    closing.signal.addEventListener('abort', () => gone.abort(), { signal: gone.signal });
    return gone.signal;
  }

  async function carryOut(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    // The real time, also when the queue's clock is simulated: clients sign with theirs.
    verify({ method: 'POST', url: request.url ?? '/', headers: request.headers, body }, Date.now());
    const target = request.headers['x-amz-target'];
    const { name, operation } = findOperation(typeof target === 'string' ? target : undefined);
    const input = parseInput(body);
    const plan = faults.plan(name);
    if (plan?.before === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (plan?.before instanceof ServiceError) {
      replyError(response, plan.before);
      return;
    }
    const signal = name === 'ReceiveMessage' ? goneSignal(response) : closing.signal;
    const answer = await operation(input, context, {
      signal,
      entryError: plan?.entryError ?? NO_ENTRY_ERROR,
    });
    await commit();
    if (plan === null) {
      reply(response, 200, JSON.stringify(answer));
    } else {
      finishWithFaults(response, answer, plan);
    }
  }

  function finishWithFaults(response: ServerResponse, answer: Answer, plan: FaultPlan): void {
    if (plan.wrongMd5) {
      spoilChecksum(answer);
    }
    const finish = () => {
      if (plan.after === 'drop') {
        response.socket?.destroy();
      } else if (plan.after !== null) {
        replyError(response, plan.after);
      } else {
        reply(response, 200, JSON.stringify(answer));
      }
    };
    if (plan.replyDelayMs === 0) {
      finish();
      return;
    }
    const timer = setTimeout(finish, plan.replyDelayMs);
    response.on('close', () => clearTimeout(timer));
  }

  function refuse(response: ServerResponse, error: unknown): void {
    stats.refused++;
    replyError(response, error);
  }

  const server = createServer(
    // A client that sends slowly or not at all is cut off; one that waits for messages has sent its request already.
    {
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 6),
      maxHeaderSize: 16_384,
      noDelay: true,
    },
    (request, response) => {
      stats.requests++;
      const hangUp = (error: unknown) => {
        refuse(response, error);
        // Read on to the end, within the timeout: closing now would reset the connection before the client reads why.
        request.resume();
      };
      try {
        checkRequestLine(request);
      } catch (error) {
        hangUp(error);
        return;
      }
      readBody(
        request,
        (body) => {
          carryOut(request, response, body).catch((error: unknown) => refuse(response, error));
        },
        hangUp,
      );
    },
  );
  server.on('clientError', (_error, socket) => {
    if (socket.writable) {
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    } else {
      socket.destroy();
    }
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    stats,
    close: async () => {
      closing.abort();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeIdleConnections();
      // One turn, so that ended waits can answer.
      setImmediate(() => setImmediate(() => server.closeAllConnections()));
      await promise;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, HOST, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}
