import { z } from 'zod';
import type { Call, OutputOf, ParsedInputOf } from '../../../preload/contract/call.ts';
import { engineContract, findCall } from '../../../preload/contract/contract.ts';
import type { Answer } from '../../../preload/contract/error.ts';
import type { Credentials } from '../context.ts';
import { SegueError, toErrorShape } from '../core/errors.ts';
import type { EngineRequest } from './envelope.ts';
import { createEventThrottle, type Emit } from './event-throttle.ts';
import { internalContract } from './internal-contract.ts';
import type { EnginePort } from './port.ts';

type Open = typeof internalContract.internal.open;
type TestQueue = typeof internalContract.internal.testQueue;

/** An open engine as it is served: calls by name, the queue check behind `authorization.test`, an end. */
export interface ServedEngine {
  /** What opening the workspace took back of imports that were cut off, in words. */
  readonly takenBack: readonly string[];
  call(name: string, input: unknown, options: { credentials?: Credentials }): Promise<unknown>;
  testQueue(
    input: ParsedInputOf<TestQueue>,
    credentials: Credentials | undefined,
  ): Promise<OutputOf<TestQueue>>;
  close(): Promise<void>;
}

/** How {@link serveEngine} opens the engine and ends the process. */
export interface ServeOptions {
  readonly open: (options: ParsedInputOf<Open> & { emit: Emit }) => Promise<ServedEngine>;
  readonly exit: (code: number) => void;
}

/**
 * Answers the host's calls: the internal ones itself, the engine's by the engine. What comes in and what goes out is
 * checked against the contract here too, since this is a process boundary. When the host goes, the workspace is closed
 * and the process ends.
 */
export function serveEngine(port: EnginePort, { open, exit }: ServeOptions): void {
  const events = createEventThrottle((event, payload) => port.post({ event, payload }));
  let opening: Promise<ServedEngine> | undefined;

  function opened(): Promise<ServedEngine> {
    if (opening !== undefined) return opening;
    throw new SegueError(
      'ENGINE_UNAVAILABLE',
      'The engine has no workspace open yet. Try again in a moment.',
    );
  }

  async function close(): Promise<void> {
    events.close();
    // A workspace that failed to open has nothing to close, and its error went to the caller of internal.open.
    const engine = await opening?.catch(() => undefined);
    await engine?.close();
  }

  async function answerCall(request: EngineRequest): Promise<unknown> {
    const declared = findCall(engineContract, request.call);
    if (declared === undefined) throw new SegueError('INVALID_INPUT', `There is no call ${request.call}.`);
    const input = parse(declared.input, request.input, 'INVALID_INPUT', `The input of ${request.call}`);
    const { credentials } = request;
    const engine = await opened();
    const output = await engine.call(request.call, input, credentials === undefined ? {} : { credentials });
    return parse(declared.output, output, 'INTERNAL', `The answer of ${request.call}`);
  }

  async function answerInternal(request: EngineRequest): Promise<unknown> {
    const declared: Call | undefined = findCall(internalContract, request.call);
    if (declared === undefined) throw new SegueError('INVALID_INPUT', `There is no call ${request.call}.`);
    const { open: openCall, testQueue, close: closeCall } = internalContract.internal;
    switch (declared) {
      case openCall: {
        opening ??= open({ ...openCall.input.parse(request.input), emit: events.emit });
        const { takenBack } = await opening;
        return { pid: process.pid, takenBack };
      }
      case testQueue: {
        const engine = await opened();
        return engine.testQueue(testQueue.input.parse(request.input), request.credentials);
      }
      case closeCall:
        await close();
        return {};
      default:
        return {};
    }
  }

  async function serve(request: EngineRequest): Promise<void> {
    const internal = request.call.startsWith('internal.');
    const answer = await settle(internal ? answerInternal(request) : answerCall(request));
    port.post({ id: request.id, answer });
    if (request.call === 'internal.close') exit(0);
  }

  port.onClose(() => {
    close().then(
      () => exit(0),
      () => exit(1),
    );
  });
  port.onRequest((request) => {
    // An answer that cannot be posted leaves the caller waiting for ever; a new engine process answers it as unavailable.
    serve(request).catch(() => exit(1));
  });
}

async function settle(work: Promise<unknown>): Promise<Answer<unknown>> {
  try {
    return { ok: true, value: await work };
  } catch (error) {
    return { ok: false, error: toErrorShape(error) };
  }
}

function parse(schema: z.ZodType, value: unknown, code: 'INVALID_INPUT' | 'INTERNAL', what: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SegueError(code, `${what} breaks the contract: ${z.prettifyError(parsed.error)}`);
}
