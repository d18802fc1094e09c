/**
 * What every process of the engine is started with: the command line (by the first line of `out/cli/segue.js` and by
 * `npm run segue`) and the window's engine. In MB; "--max-semi-space-size", Node's command-line options.
 *
 * Electron gives it to V8 only where a Node of its own runs the engine: a utility process keeps V8's own size (25.1.1, told by
 * the heap's limit).
 *
 * Sending makes many short-lived objects. V8 then lets its young generation grow to 128 MB, which made a long replay no faster
 * (measured) and took more memory than all else.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=8'];
