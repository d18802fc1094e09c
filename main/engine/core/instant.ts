import { SegueError } from './errors.ts';

/**
 * An instant as the store keeps it: two integers that order like the instant and give the RFC 3339 text back exactly.
 *
 * `ms` is milliseconds since 1970 UTC (floored). `code` holds what milliseconds and UTC lose, in 36 bits so that it is a
 * safe integer: nanoseconds within the millisecond (20 bits, highest, so that `ORDER BY ms, code` is time order), the
 * number of decimals written (4 bits) and the zone as minutes east + 1440, or 0 for `Z` (12 bits).
 */
export interface Instant {
  readonly ms: number;
  readonly code: number;
}

/** An instant out of two columns that may both be empty. */
export function instantOrNull(ms: number | null, code: number | null): Instant | null {
  return ms === null || code === null ? null : { ms, code };
}

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):(\d{2}))$/;
const ZONE_RANGE = 4096;
const DECIMALS_RANGE = 16;
/** Steps of `code` for one nanosecond: what is below tells how the instant is written. */
export const CODE_PER_NANO = ZONE_RANGE * DECIMALS_RANGE;
const ZONE_OFFSET = 1440;
const SECONDS_PER_DAY = 86_400;
/** `-00:00`, "the local zone is not known" (RFC 3339 §4.3), is kept apart from `Z` and `+00:00`. */
const ZONE_UNKNOWN = 4095;
/** An instant's nanoseconds within its millisecond stand above this many code steps. */
export const MAX_CODE = 1_000_000 * CODE_PER_NANO;

/**
 * Parses RFC 3339 text; undefined when it is not a time that the calendar has. A leap second (`:60`) is not accepted,
 * as the source system never writes one. Upper-case `T` and `Z` come back whatever case came in (RFC 3339 §5.6 note).
 */
export function parseInstant(text: string): Instant | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, decimals = '', , sign, zoneHour, zoneMinute] = match;
  const written = new Date(0);
  // Date.UTC would read the years 0 to 99, as in the zero time of Go programs, as 1900 to 1999.
  written.setUTCFullYear(+`${year}`, +`${month}` - 1, +`${day}`);
  const utc = written.setUTCHours(+`${hour}`, +`${minute}`, +`${second}`);
  // An impossible day rolls over, and shows as a different field.
  const possible =
    written.getUTCFullYear() === +`${year}` &&
    written.getUTCMonth() + 1 === +`${month}` &&
    written.getUTCDate() === +`${day}` &&
    written.getUTCHours() === +`${hour}` &&
    +`${minute}` < 60 &&
    +`${second}` < 60;
  if (!possible) return undefined;
  let zone = 0;
  if (sign !== undefined) {
    if (+`${zoneHour}` > 23 || +`${zoneMinute}` > 59) return undefined;
    const minutes = +`${zoneHour}` * 60 + +`${zoneMinute}`;
    zone = sign === '-' && minutes === 0 ? ZONE_UNKNOWN : ZONE_OFFSET + (sign === '-' ? -minutes : minutes);
  }
  const nanos = +decimals.padEnd(9, '0');
  const ms = utc + Math.floor(nanos / 1e6) - minutesEast(zone) * 60_000;
  return { ms, code: (nanos % 1e6) * CODE_PER_NANO + decimals.length * ZONE_RANGE + zone };
}

/**
 * Writes the RFC 3339 text that {@link parseInstant} read. Short texts are put together first: V8 copies them, while one of 13
 * characters or more notes its parts, which whoever writes it into a message has to gather.
 */
export function formatInstant({ ms, code }: Instant): string {
  const zone = code % ZONE_RANGE;
  const decimals = Math.floor(code / ZONE_RANGE) % DECIMALS_RANGE;
  const east = minutesEast(zone);
  const shiftedMs = ms + east * 60_000;
  const second = Math.floor(shiftedMs / 1000);
  const whole = secondText(second);
  const thousandths = THOUSANDTHS[shiftedMs - second * 1000] ?? '';
  if (decimals === 3 && zone === 0) return whole + thousandths;
  const nanos = Math.floor(code / CODE_PER_NANO);
  const digits = thousandths.slice(0, 4) + String(1e6 + nanos).slice(1);
  const fraction = decimals === 0 ? '' : digits.slice(0, 1 + decimals);
  return whole + (fraction + (zone === 0 ? 'Z' : zoneText(zone, east)));
}

/** Fractions of a second with three digits, as most times end: in UTC. */
const THOUSANDTHS: readonly string[] = Array.from(
  { length: 1000 },
  (_, n) => `.${String(n).padStart(3, '0')}Z`,
);

function zoneText(zone: number, east: number): string {
  const away = Math.abs(east);
  return `${east < 0 || zone === ZONE_UNKNOWN ? '-' : '+'}${pad(Math.floor(away / 60))}:${pad(away % 60)}`;
}

/** The days that were written, as text up to the `T`: what a Date writes takes many times as long as finding it. */
const days = new Map<number, string>();
const MOST_DAYS = 4096;

function dayText(day: number): string {
  let text = days.get(day);
  if (text === undefined) {
    text = new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 11);
    if (days.size === MOST_DAYS) days.clear();
    days.set(day, text);
  }
  return text;
}

function secondText(second: number): string {
  const day = Math.floor(second / SECONDS_PER_DAY);
  const ofDay = second - day * SECONDS_PER_DAY;
  const minute = Math.floor(ofDay / 60);
  return dayText(day) + (MINUTES[minute] + pad(ofDay - minute * 60));
}

/** Two digits, of numbers below 100. */
const PAIRS: readonly string[] = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));

/** The minutes of a day, up to their seconds. */
const MINUTES: readonly string[] = Array.from(
  { length: 24 * 60 },
  (_, n) => `${pad(Math.floor(n / 60))}:${pad(n % 60)}:`,
);

function pad(n: number): string {
  return PAIRS[n] ?? String(n);
}

function minutesEast(zone: number): number {
  return zone === 0 || zone === ZONE_UNKNOWN ? 0 : zone - ZONE_OFFSET;
}

/** Parses a time that a user gave; throws `INVALID_INPUT` naming `what` (an option or a field). */
export function requireInstant(text: string, what: string): Instant {
  const instant = parseInstant(text);
  if (instant === undefined) {
    throw new SegueError(
      'INVALID_INPUT',
      `${what}: "${text.slice(0, 60)}" is not a time. Write it as 2026-11-23T09:00:00Z, up to nine decimals.`,
      { what, value: text.slice(0, 60) },
    );
  }
  return instant;
}

/** The instant of a millisecond clock, in UTC with three decimals (none when the milliseconds are zero). */
export function instantOfMs(ms: number): Instant {
  return { ms, code: ms % 1000 === 0 ? 0 : 3 * ZONE_RANGE };
}

/** Negative, zero or positive as `a` is before, at or after `b`; the zone and the way it is written do not count. */
export function compareInstants(a: Instant, b: Instant): number {
  return a.ms - b.ms || nanosOf(a) - nanosOf(b);
}

/** True when both texts name the same instant, whatever their zone. */
export function sameInstant(a: Instant, b: Instant): boolean {
  return compareInstants(a, b) === 0;
}

function nanosOf({ code }: Instant): number {
  return Math.floor(code / CODE_PER_NANO);
}

/** The smallest `code` that an instant with these nanoseconds can have: the lower bound for a range in SQL. */
export function lowestCode(instant: Instant): number {
  return nanosOf(instant) * CODE_PER_NANO;
}
