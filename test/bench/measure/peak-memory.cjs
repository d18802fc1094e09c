/** Preloaded into a contender that does not tell its peak of memory itself. */
const { readFileSync } = require('node:fs');

/** On Linux `maxRSS` starts with that of the process that started this one. */
function peakKiB() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

process.on('exit', () => {
  process.stderr.write(`peak ${peakKiB()} KiB\n`);
});
