import { SegueError } from '../engine/core/errors.ts';
import { parseUrl } from '../protocol/parse-url.ts';

/** Hosts that Segue links to; a subdomain counts. Everything else stays closed, however the page asks. */
const ALLOWED_HOSTS = [
  'aws.amazon.com',
  'docs.aws.amazon.com',
  'console.aws.amazon.com',
  'docs.lytics.com',
  'support.lytics.com',
];

/**
 * The address to open in the system's browser, in its normal form.
 *
 * @throws INVALID_INPUT unless it is https, without user and password, on its default port, at an allowed host
 */
export function checkExternalUrl(text: string): string {
  const url = parseUrl(text);
  const allowed =
    url !== undefined &&
    url.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    url.port === '' &&
    ALLOWED_HOSTS.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`));
  if (allowed) return url.href;
  throw new SegueError(
    'INVALID_INPUT',
    'This link is not opened: only https links to AWS and Lytics documentation and consoles are.',
    {
      allowedHosts: ALLOWED_HOSTS,
    },
  );
}
