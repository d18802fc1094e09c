/**
 * Flags that V8 also takes once it runs, for where it is started by others: Electron gives its utility processes' `execArgv` to
 * Node and not to V8 (25.1.1, measured by the heap's limit).
 *
 * V8 notes which lines of code make objects that outlive a collection or two, and then makes those of such a line in the old
 * generation. A page of a replay's messages lives about as long, so some of its lists became old, died, and kept all that they
 * listed from being collected until the next collection of everything: half of what a replay makes was copied twice, for a third
 * of its time. Which lines it takes depends on when they are compiled, so every second process was slow.
 */
export const LATE_FLAGS: readonly string[] = ['--no-allocation-site-pretenuring'];

/**
 * What every process of the engine is started with: the command line (by the first line of `out/cli/segue.js` and by
 * `npm run segue`) and the window's engine. In MB; "--max-semi-space-size", Node's command-line options.
 *
 * Sending makes many short-lived objects. V8 then lets its young generation grow to 128 MB, which made a long replay no faster
 * (measured) and took more memory than all else.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=8', ...LATE_FLAGS];
