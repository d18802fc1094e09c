import { z } from 'zod';
import { authorizationCalls } from '../../../preload/contract/authorization.ts';
import { call } from '../../../preload/contract/call.ts';

/** Calls between the host and the engine process that the window cannot make. */
export const internalContract = {
  internal: {
    /** Opens the workspace; the engine's contract is answered from then on. Fails as `openEngine` does. */
    open: call(
      z.object({ dir: z.string().min(1), assetsDir: z.string().min(1) }),
      z.object({ pid: z.int(), takenBack: z.array(z.string()) }),
    ),
    ping: call(z.object({}), z.object({})),
    /** Asks a queue for its attributes with the credentials of the request; nothing is sent to it. */
    testQueue: call(authorizationCalls.test.input.omit({ name: true }), authorizationCalls.test.output),
    /** Closes the workspace cleanly; runs that were going can be resumed. The process ends by itself afterwards. */
    close: call(z.object({}), z.object({})),
  },
};
