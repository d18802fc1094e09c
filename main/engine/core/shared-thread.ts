/**
 * Whether this process was started by another that talks to it, as the app's engine process is: its thread then answers
 * other calls beside long work, which has to be cut into short slices. In a terminal nobody waits.
 */
export const SHARED_THREAD = process.send !== undefined || 'parentPort' in process;
