/**
 * The page's Content-Security-Policy. Scripts come from our own files only; styles from our own files or, for those that
 * CodeMirror and Base UI make at run time, with the nonce of this very response. The page has no network of its own: all
 * data comes over the bridge.
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}
