import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { protocol, type Session } from 'electron';
import { assetPath } from './asset-path.ts';
import { contentSecurityPolicy } from './content-security-policy.ts';
import { NONCE_PLACEHOLDER } from './nonce-placeholder.ts';
import { APP_SCHEME } from './origin.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Must run before the app is ready: gives `app://` an origin of its own, so that the sandbox and CSP apply to it. */
export function declareAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the built page under `app://segue/`, read-only, from one folder, with a fresh nonce for each page. */
export function serveApp({ protocol: handlers }: Session, root: string): void {
  handlers.handle(APP_SCHEME, async ({ url, method }) => {
    const file = assetPath(root, url);
    const type = file === null ? undefined : contentTypes[extname(file)];
    if (method !== 'GET' || file === null || type === undefined) return notFound();
    try {
      const nonce = randomBytes(16).toString('base64');
      const content = await readFile(file);
      const body = extname(file) === '.html' ? withNonce(content, nonce) : content;
      return new Response(body, { headers: { 'content-type': type, ...securityHeaders(nonce) } });
    } catch {
      return notFound();
    }
  });
}

function withNonce(html: Buffer, nonce: string): string {
  return html.toString('utf8').replaceAll(NONCE_PLACEHOLDER, nonce);
}

function securityHeaders(nonce: string): Record<string, string> {
  return {
    'content-security-policy': contentSecurityPolicy(nonce),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}

function notFound(): Response {
  return new Response('Not found', { status: 404, headers: securityHeaders('none') });
}
