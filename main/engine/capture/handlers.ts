import type { ParsedInputOf } from '../../../preload/contract/call.ts';
import type { CaptureResult, captureCalls } from '../../../preload/contract/capture.ts';
import type { CallContext, DomainHandlers, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { resolveTarget } from '../queue/connect.ts';
import { openReceiveClient } from '../queue/receive-client.ts';
import type { QueueTarget } from '../queue/sdk-client.ts';
import { requireConfirmation, requireTrustedHost, type SendingConsent } from '../workflow/environment.ts';
import { parseQueueUrl, requireRegion } from '../workflow/queue-url.ts';
import { requireWorkflow } from '../workflow/store.ts';
import { createArchiveFile } from './archive-file.ts';
import { capture } from './capture.ts';

type CaptureRequest = ParsedInputOf<typeof captureCalls.run>;

/** Answers `capture.*`: messages of a queue, a dead-letter queue mostly, into an archive. */
export function createCaptureHandlers(engine: EngineContext): DomainHandlers<'capture'> {
  return { run: (request, context) => runCapture(engine, request, context) };
}

async function runCapture(
  engine: EngineContext,
  request: CaptureRequest,
  context: CallContext,
): Promise<CaptureResult> {
  const target = await targetOf(engine, request, context.credentials);
  const client = await openReceiveClient(target);
  try {
    const archive = await createArchiveFile(request.out);
    try {
      const outcome = await capture(client, archive, request, context);
      return { mode: request.mode, queueUrl: target.queueUrl, file: request.out, ...outcome };
    } finally {
      await archive.close();
    }
  } finally {
    client.close();
    engine.emit('storeChanged', { tables: ['sandbox'] });
  }
}

/**
 * The queue that is named, else the workflow's. Deleting from a workflow's production queue asks for its name, as sending
 * to it does; a host outside AWS is confirmed once, since it is called with a signature of the user's keys.
 */
function targetOf(
  engine: EngineContext,
  { queue, workflow: name, region, mode, ...consent }: CaptureRequest & SendingConsent,
  credentials: CallContext['credentials'],
): Promise<QueueTarget> {
  const workflow = name === undefined ? undefined : requireWorkflow(engine.store.db, name);
  const queueUrl = queue ?? workflow?.queueUrl;
  if (queueUrl === undefined || queueUrl === '') {
    throw new SegueError(
      'INVALID_INPUT',
      'A capture needs a queue: name its URL (--queue) or a workflow (--workflow).',
      {
        field: 'queue',
      },
    );
  }
  const url = parseQueueUrl(queueUrl);
  const signed = region ?? (url.kind === 'aws' ? url.region : (workflow?.region ?? 'us-east-1'));
  requireRegion(url, signed);
  const environment = workflow?.environment ?? 'sandbox';
  if (mode === 'drain' && workflow !== undefined) requireConfirmation(workflow, consent.confirm);
  requireTrustedHost(engine.store.db, url, environment, consent.trustHost, engine.clock());
  return resolveTarget(
    engine,
    {
      queueUrl,
      region: signed,
      name: workflow?.name ?? queueUrl,
      authorization: workflow?.authorization ?? null,
    },
    url,
    credentials,
  );
}
