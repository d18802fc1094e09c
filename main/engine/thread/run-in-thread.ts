import { Worker } from 'node:worker_threads';
import type { ErrorShape } from '../../../preload/contract/error.ts';
import type { CallContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';

/** What a thread is started with. */
export interface ThreadData {
  readonly input: unknown;
  /** Four shared bytes: 1 once the caller has cancelled. Work that stays off its event loop could read no message. */
  readonly cancelled: SharedArrayBuffer;
}

type Progress = Parameters<CallContext['progress']>[0];

/** What a thread says. */
export type ThreadMessage =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: ErrorShape };

/**
 * The entry `NAME-worker` beside a module. From source it is TypeScript; in a bundle it lies beside whatever chunk the
 * module's code is in.
 *
 * @param from the `import.meta.url` of the module
 */
export function workerBeside(from: string, name: string): URL {
  return new URL(`./${name}-worker.${from.endsWith('.ts') ? 'ts' : 'js'}`, from);
}

/**
 * Runs one job in a thread of its own and gives its output, so that the engine's event loop, on which calls are answered and
 * messages are sent, never waits for it. The entry answers with {@link answerJob}; input and output are cloned.
 *
 * @throws what the job throws, INTERNAL when the thread dies
 */
export function runInThread<Input, Output>(
  entry: URL,
  input: Input,
  { signal, progress }: Pick<CallContext, 'signal' | 'progress'>,
): Promise<Output> {
  const cancelled = new SharedArrayBuffer(4);
  const cancel = () => Atomics.store(new Int32Array(cancelled), 0, 1);
  if (signal.aborted) cancel();
  const workerData: ThreadData = { input, cancelled };
  const { promise, resolve, reject } = Promise.withResolvers<Output>();
  const worker = new Worker(entry, { workerData });
  signal.addEventListener('abort', cancel);
  worker.on('message', (message: ThreadMessage) => {
    if (message.kind === 'progress') progress(message.progress);
    else if (message.kind === 'done') resolve(message.output as Output);
    else reject(new SegueError(message.error.code, message.error.message, message.error.detail));
  });
  worker.on('error', reject);
  worker.on('exit', () => {
    signal.removeEventListener('abort', cancel);
    reject(new SegueError('INTERNAL', 'The work ended without a result: its thread died. Start it again.'));
  });
  return promise;
}
