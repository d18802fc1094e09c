/** The engine process: connects to its host and serves one workspace until the host goes. */
import { takenBackLines } from './batch/taken-back.ts';
import { systemClock } from './core/clock.ts';
import { openEngine } from './engine.ts';
import { connectToHost } from './serve/port.ts';
import { serveEngine } from './serve/serve.ts';
import { testQueue } from './serve/test-queue.ts';

serveEngine(await connectToHost(), {
  open: async ({ dir, assetsDir, emit }) => {
    const engine = await openEngine({ dir, assetsDir, clock: systemClock, emit, live: true });
    return {
      takenBack: takenBackLines(engine.takenBack),
      call: engine.call,
      testQueue,
      close: engine.close,
    };
  },
  exit: (code) => process.exit(code),
});
