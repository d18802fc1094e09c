/** `npm run segue -- …`: builds when a source is newer than the bundle, then runs the command line in this process. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuild } from './build.ts';

await ensureBuild();
await import(pathToFileURL(join(import.meta.dirname, '../out/cli/segue.js')).href);
