#!/usr/bin/env node
import nodeModule from 'node:module';
import { runOnFittingNode } from './node-version.ts';

/**
 * The command line. Exit codes: 0 done, 1 error, 2 usage, 3 completed with errors, 4 paused or interrupted.
 *
 * The rest is imported after the version check only: an older Node crashes while it loads the database module.
 */
if (await runOnFittingNode()) {
  // Most of a short command's time went into compiling the bundle.
  nodeModule.enableCompileCache();
  const { main } = await import('./main.ts');
  await main();
}
