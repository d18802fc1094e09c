import { isAbsolute, join, relative } from 'node:path';
import { isAppUrl } from './origin.ts';

/**
 * The file that an `app://segue/…` address names, null when the address is not ours or leaves the folder. Escapes are
 * decoded once, as a file name would be, and only then is the path checked.
 */
export function assetPath(root: string, address: string): string | null {
  if (!isAppUrl(address)) return null;
  let path: string;
  try {
    path = decodeURIComponent(new URL(address).pathname);
  } catch {
    return null;
  }
  if (path.includes('\0') || path.includes('\\')) return null;
  const file = join(root, path === '/' ? 'index.html' : path);
  const inside = relative(root, file);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? null : file;
}
