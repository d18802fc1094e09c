import type { Environment } from '../../preload/contract/values.ts';

/** Where messages would go, in the words of the header. */
export interface QueueTarget {
  readonly queueUrl: string;
  readonly account: string;
  readonly region: string;
  readonly queue: string;
  readonly environment: Environment;
}

interface Targeted {
  readonly queueUrl: string;
  readonly region: string;
  readonly environment: Environment;
}

const SANDBOX = 'sandbox:';

/**
 * The account, region and queue that a workflow's queue URL names. A `sandbox:NAME` queue has no account; a URL that
 * cannot be read yields the workflow's region and the words "none".
 */
export function describeTarget({ queueUrl, region, environment }: Targeted): QueueTarget {
  if (queueUrl.startsWith(SANDBOX)) {
    return {
      queueUrl,
      account: 'embedded sandbox',
      region,
      queue: queueUrl.slice(SANDBOX.length) || 'none',
      environment,
    };
  }
  const url = parseUrl(queueUrl);
  const [account, queue] = (url?.pathname ?? '').split('/').filter(Boolean).slice(-2);
  return {
    queueUrl,
    account: account !== undefined && /^\d{12}$/.test(account) ? account : 'none',
    region: regionOfQueueUrl(queueUrl) ?? region,
    queue: queue ?? 'none',
    environment,
  };
}

const HOSTS = [
  /^sqs(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/,
  /^sqs(?:-fips)?\.([a-z0-9-]+)\.api\.aws$/,
  /^([a-z0-9-]+)\.queue\.amazonaws\.com(?:\.cn)?$/,
  /\.sqs\.([a-z0-9-]+)\.vpce\.amazonaws\.com$/,
];

/** The region in an AWS queue URL's host; null for a host that names none. The engine has the last word. */
export function regionOfQueueUrl(queueUrl: string): string | null {
  const host = parseUrl(queueUrl)?.hostname ?? '';
  for (const pattern of HOSTS) {
    const region = pattern.exec(host)?.[1];
    if (region !== undefined) return region;
  }
  return null;
}

/** `URL.canParse` is younger than the Chromium of the fallback Electron. */
function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
