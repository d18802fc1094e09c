/** Preloaded into a contender that does not tell its peak of memory itself. */
process.on('exit', () => {
  process.stderr.write(`peak ${process.resourceUsage().maxRSS} KiB\n`);
});
