import { type NowTerm, type TimeValue, timeValue } from './values.ts';

const EXPRESSION = /^(?:now)?([+-]?\d{1,10})([yMwdhms])$/;
const SECONDS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 };
const DAY = 86_400;

/** The term of `now-3d` and the like, one term only, units case-sensitive (`M` month, `m` minute); undefined when it is none. */
export function parseTerm(text: string): NowTerm | undefined {
  if (text === 'now') return { months: 0, seconds: 0 };
  const match = text.length < 3 ? null : EXPRESSION.exec(text);
  if (match === null) return undefined;
  const count = Number(match[1]);
  const unit = match[2] ?? '';
  if (unit === 'y' || unit === 'M') return { months: (unit === 'y' ? 12 : 1) * count + 0, seconds: 0 };
  return { months: 0, seconds: count * (SECONDS[unit] ?? 0) + 0 };
}

/** The time that a date-math text names at `now`, carrying its term; undefined for a text that is none or out of the calendar. */
export function parseDateMath(text: string, now: TimeValue): TimeValue | undefined {
  const term = parseTerm(text);
  return term === undefined ? undefined : timeOfTerm(term, now);
}

export function timeOfTerm(term: NowTerm, now: TimeValue): TimeValue | undefined {
  const sec = term.months === 0 ? now.sec + term.seconds : addMonths(now.sec, term.months);
  // Beyond ±8.64e12 seconds there is no date.
  return Math.abs(sec) <= 8.64e12 ? timeValue(sec, now.nano, term) : undefined;
}

/** Seconds since 1970 at the first instant of a month counted from year 0 (UTC, proleptic Gregorian). */
export function monthStart(monthIndex: number): number {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(monthIndex / 12), ((monthIndex % 12) + 12) % 12, 1);
  return date.getTime() / 1000;
}

export function monthIndexOf(sec: number): number {
  const date = new Date(sec * 1000);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/**
 * Calendar months later, by UTC date; a day that the month does not have overflows into the next one (31 March minus a
 * month is 2 or 3 March), as in the reference engine. Within one month of `sec` it is therefore a plain shift.
 */
export function addMonths(sec: number, months: number): number {
  if (months === 0) return sec;
  const index = monthIndexOf(sec);
  return sec - monthStart(index) + monthStart(index + months);
}

/** Start of the UTC hour, day, month or year that follows `sec`. */
export function nextCalendarStart(sec: number, unit: 'hour' | 'day' | 'month' | 'year'): number {
  switch (unit) {
    case 'hour':
      return (Math.floor(sec / 3600) + 1) * 3600;
    case 'day':
      return (Math.floor(sec / DAY) + 1) * DAY;
    case 'month':
      return monthStart(monthIndexOf(sec) + 1);
    case 'year':
      return monthStart((Math.floor(monthIndexOf(sec) / 12) + 1) * 12);
  }
}
