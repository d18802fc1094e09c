import log from 'electron-log/main';

/**
 * The app's log: engine states, its outputs, and what stops a start. Lines are our own words; inputs, answers, keys and
 * message bodies are never passed here.
 */
export type Log = (line: string) => void;

/** Opens the log file in the platform's log folder, at most 2 MB and one older file. */
export function openLog(): Log {
  log.transports.file.maxSize = 2 * 1024 * 1024;
  return (line) => log.info(line);
}
