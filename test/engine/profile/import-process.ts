import { createProfileHandlers } from '../../../main/engine/profile/handlers.ts';
import { openStore } from '../../../main/engine/store/store.ts';

/** Imports a profile file into a workspace in a process of its own, to be killed: prints a line for each progress report. */
const [dir = '', path = ''] = process.argv.slice(2);
const store = openStore(dir);
const { import: importProfiles } = createProfileHandlers(
  {
    store,
    clock: () => Date.UTC(2026, 10, 24),
    newId: () => '',
    assetsDir: '',
    sandbox: () => Promise.reject(new Error('not part of an import')),
    emit: () => undefined,
  },
  false,
);
await importProfiles(
  { path, replace: false, strict: false },
  {
    signal: new AbortController().signal,
    progress: ({ rows }) => {
      process.stdout.write(`${rows}\n`);
    },
  },
);
store.close();
process.stdout.write('done\n');
