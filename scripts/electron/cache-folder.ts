import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where downloads are kept between checkouts: `$XDG_CACHE_HOME/segue`, else `~/.cache/segue`. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'segue');
}
