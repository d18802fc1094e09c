import type { Workflow } from '../../../preload/contract/workflow.ts';
import { SegueError } from '../core/errors.ts';
import type { Db } from '../store/store.ts';
import { parseQueueUrl, type QueueUrl, requireRegion } from './queue-url.ts';

/** What a person gave to allow a send: the workflow's name for production, a host outside AWS. */
export interface SendingConsent {
  readonly confirm?: string | undefined;
  readonly trustHost?: string | undefined;
}

/**
 * Production needs the workflow's name, typed in the window or given as `--confirm`.
 *
 * @throws CONFIRMATION_REQUIRED
 */
export function requireConfirmation(
  { environment, name }: Pick<Workflow, 'environment' | 'name'>,
  confirm: string | undefined,
): void {
  if (environment !== 'production' || confirm === name) return;
  const given = confirm === undefined ? '' : ` "${confirm.slice(0, 200)}" is not its name.`;
  throw new SegueError(
    'CONFIRMATION_REQUIRED',
    `"${name}" sends to production.${given} Confirm with the workflow's name (--confirm "${name}" in a terminal).`,
    { workflow: name, environment },
  );
}

/** True when sending to this queue needs no confirmation of its host (any more). */
export function isHostTrusted(db: Db, url: QueueUrl, environment: Workflow['environment']): boolean {
  if (url.kind !== 'custom') return true;
  if (url.loopback && environment === 'sandbox') return true;
  return db.prepare('SELECT 1 FROM trusted_host WHERE host = ?').get(url.host) !== undefined;
}

/**
 * The SDK posts to any host, so a host outside AWS needs one confirmation: its name in `trustHost`. It is then remembered
 * for the workspace.
 *
 * @throws ENDPOINT_UNCONFIRMED
 */
export function requireTrustedHost(
  db: Db,
  url: QueueUrl,
  environment: Workflow['environment'],
  trustHost: string | undefined,
  nowMs: number,
): void {
  if (url.kind !== 'custom' || isHostTrusted(db, url, environment)) return;
  if (trustHost?.toLowerCase() === url.host) {
    db.prepare('INSERT OR IGNORE INTO trusted_host VALUES (?, ?)').run(url.host, nowMs);
    return;
  }
  throw new SegueError(
    'ENDPOINT_UNCONFIRMED',
    `${url.host} is not a host of AWS. Messages hold profile data: confirm the host once to send there (--trust-host ${url.host} in a terminal).`,
    { host: url.host },
  );
}

/**
 * Everything that must hold before anything is sent for a workflow, by test send, run and resume alike. Returns where it
 * goes.
 *
 * @throws INVALID_INPUT for a queue URL that is none, REGION_MISMATCH, CONFIRMATION_REQUIRED, ENDPOINT_UNCONFIRMED
 */
export function guardSending(
  db: Db,
  workflow: Pick<Workflow, 'queueUrl' | 'region' | 'environment' | 'name'>,
  consent: SendingConsent,
  nowMs: number,
): QueueUrl {
  const url = parseQueueUrl(workflow.queueUrl);
  requireRegion(url, workflow.region);
  requireConfirmation(workflow, consent.confirm);
  requireTrustedHost(db, url, workflow.environment, consent.trustHost, nowMs);
  return url;
}
