import { InvalidArgumentError, Option } from 'commander';
import { inputFormat } from '../../preload/contract/profile.ts';
import { parseInstant } from '../engine/core/instant.ts';

/** Collects an option that may be given more than once. */
export function repeatable(value: string, before: string[]): string[] {
  return [...before, value];
}

/** An RFC 3339 time, kept as the text that was given. */
export function timeArgument(text: string): string {
  if (parseInstant(text) === undefined) {
    throw new InvalidArgumentError('Write a time as 2026-11-23T09:00:00Z, up to nine decimals.');
  }
  return text;
}

/** A whole number above zero. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value <= 0)
    throw new InvalidArgumentError('Write a whole number above 0.');
  return value;
}

/** A number above zero. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('Write a number above 0.');
  return value;
}

/** `I/N`: share I of N, counted from 0 as array jobs and indexed jobs count. */
export function shardArgument(text: string): { index: number; of: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const index = Number(match?.[1]);
  const of = Number(match?.[2]);
  if (match === null || of < 1 || index >= of) {
    throw new InvalidArgumentError('Write I/N with I from 0 to N - 1, for example 0/4.');
  }
  return { index, of };
}

/** The formats of an input file; `more` adds those that only one command reads. */
export function formatOption(more: readonly string[] = []): Option {
  const description = 'format of the file; found from its name and first bytes otherwise';
  return new Option('--format <format>', description).choices([...inputFormat.options, ...more]);
}

/** Drops the members that are undefined, so that optional options stay absent instead of present and empty. */
export function given<T extends Record<string, unknown>>(
  options: T,
): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
