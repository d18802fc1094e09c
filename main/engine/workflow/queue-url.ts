import { SegueError } from '../core/errors.ts';
import { isFifo } from '../message/prepare.ts';

/** Where a workflow sends. `account` is the 12 digits before the name, null where a custom endpoint has none. */
export type QueueUrl =
  | { readonly kind: 'sandbox'; readonly queueName: string; readonly fifo: boolean }
  | {
      readonly kind: 'aws';
      readonly region: string;
      readonly account: string;
      readonly queueName: string;
      readonly host: string;
      readonly fifo: boolean;
    }
  | {
      readonly kind: 'custom';
      /** Not told by the URL: the workflow's region signs. */
      readonly region: null;
      readonly account: string | null;
      readonly queueName: string;
      readonly host: string;
      readonly loopback: boolean;
      readonly fifo: boolean;
    };

const SANDBOX = 'sandbox:';
const QUEUE_NAME = /^(?=.{1,80}$)[A-Za-z0-9_-]+(?:\.fifo)?$/;
const ACCOUNT = /^\d{12}$/;
const REGION = '[a-z]{2,}(?:-[a-z]+)+-\\d{1,2}';

/**
 * The DNS suffixes of AWS's partitions as the SDK's endpoint rules have them (`@aws-sdk` partitions), each tied to the
 * regions that live there, so that a host which merely looks like AWS does not pass.
 */
const PARTITIONS: readonly { regions: RegExp; suffixes: readonly string[] }[] = [
  { regions: /^cn-/, suffixes: ['amazonaws.com.cn', 'api.amazonwebservices.com.cn'] },
  { regions: /^eusc-/, suffixes: ['amazonaws.eu', 'api.amazonwebservices.eu'] },
  { regions: /^us-iso-/, suffixes: ['c2s.ic.gov', 'api.aws.ic.gov'] },
  { regions: /^us-isob-/, suffixes: ['sc2s.sgov.gov', 'api.aws.scloud'] },
  { regions: /^us-isof-/, suffixes: ['csp.hci.ic.gov', 'api.aws.hci.ic.gov'] },
  { regions: /^eu-isoe-/, suffixes: ['cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'] },
  { regions: /^/, suffixes: ['amazonaws.com', 'api.aws'] },
];

const HOST_FORMS: readonly RegExp[] = [
  new RegExp(`^sqs(?:-fips)?\\.(?<region>${REGION})\\.(?<suffix>.+)$`),
  new RegExp(`^(?<region>${REGION})\\.queue\\.(?<suffix>amazonaws\\.com(?:\\.cn)?)$`),
  new RegExp(`^[a-z0-9-]+\\.sqs\\.(?<region>${REGION})\\.vpce\\.(?<suffix>.+)$`),
];

/**
 * Reads a queue URL in any form that SQS has (SQS.md), a custom endpoint's, or `sandbox:NAME`.
 *
 * @throws INVALID_INPUT when it is none of them; plain `http` is taken on loopback only
 */
export function parseQueueUrl(text: string): QueueUrl {
  if (text.startsWith(SANDBOX)) {
    const queueName = text.slice(SANDBOX.length);
    requireName(queueName, text);
    return { kind: 'sandbox', queueName, fifo: isFifo(queueName) };
  }
  const url = readUrl(text);
  const [queueName = '', account, ...rest] = url.pathname.slice(1).split('/').reverse();
  requireName(queueName, text);
  const host = url.hostname;
  const fifo = isFifo(queueName);
  const region = awsRegion(host);
  if (region !== undefined) {
    if (url.port !== '') throw refused(text, `the AWS host ${host} listens on the standard port only`);
    if (account === undefined || !ACCOUNT.test(account) || rest.length > 0) {
      throw refused(text, 'an AWS queue URL ends in the 12 digits of the account and the name of the queue');
    }
    return { kind: 'aws', region, account, queueName, host, fifo };
  }
  const known = account !== undefined && ACCOUNT.test(account) ? account : null;
  return { kind: 'custom', region: null, account: known, queueName, host, loopback: isLoopback(host), fifo };
}

function readUrl(text: string): URL {
  if (!URL.canParse(text)) {
    throw refused(text, 'it is not a URL such as https://sqs.us-east-1.amazonaws.com/111111111111/triggers');
  }
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw refused(text, 'it must begin with https://; http:// is for this computer (localhost) only');
  }
  if (url.username !== '' || url.password !== '') {
    throw refused(
      `${url.protocol}//${url.host}${url.pathname}`,
      'it must not hold a user name or a password',
    );
  }
  if (url.search !== '' || url.hash !== '') throw refused(text, 'it must end with the name of the queue');
  return url;
}

/** The region of an SQS host of AWS; undefined for every other host. */
function awsRegion(host: string): string | undefined {
  // The first region's oldest name, still handed out by some tools.
  if (host === 'queue.amazonaws.com') return 'us-east-1';
  for (const form of HOST_FORMS) {
    const { region, suffix } = form.exec(host)?.groups ?? {};
    if (region === undefined || suffix === undefined) continue;
    if (partitionOf(region)?.suffixes.includes(suffix)) return region;
  }
  return undefined;
}

function partitionOf(region: string) {
  return PARTITIONS.find(({ regions }) => regions.test(region));
}

/** This computer, by an address or a name that cannot lead elsewhere. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function requireName(queueName: string, text: string): void {
  if (!QUEUE_NAME.test(queueName)) {
    throw refused(
      text,
      `"${queueName.slice(0, 80)}" is not a queue name: 1 to 80 letters, digits, hyphens and underscores, ".fifo" at the end of a FIFO queue's`,
    );
  }
}

function refused(text: string, reason: string): SegueError {
  const queueUrl = text.slice(0, 200);
  return new SegueError('INVALID_INPUT', `Queue URL "${queueUrl}": ${reason}.`, {
    field: 'queueUrl',
    queueUrl,
  });
}

/**
 * Refuses a workflow whose region contradicts its queue URL: the SDK posts to the URL's host but signs for the region.
 *
 * @throws REGION_MISMATCH
 */
export function requireRegion(url: QueueUrl, region: string): void {
  if (url.kind !== 'aws' || url.region === region) return;
  throw new SegueError(
    'REGION_MISMATCH',
    `The queue is in ${url.region}, the workflow's region is ${region}. Set the region to ${url.region}, or choose another queue.`,
    { field: 'region', queueRegion: url.region, region },
  );
}
