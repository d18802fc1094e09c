import { type TimeValue, timeValue } from './values.ts';

const MAX_TEXT = 80;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH_WORD =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';
const WEEKDAY = '(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\\s+)?';

/** Digits alone are a date or seconds, milliseconds, micro- or nanoseconds since 1970, told apart by their number. */
const DIGITS = /^\d+$/;
const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/;
const YEAR_FIRST =
  /^(?<y>\d{4})(?:([-/.:])(?<m>\d{1,2})(?:\2(?<d>\d{1,2}))?|年(?<m2>\d{1,2})月(?<d2>\d{1,2})日)/;
const YEAR_MONTH_WORD = new RegExp(`^(?<y>\\d{4})-(?<mon>${MONTH_WORD})-(?<d>\\d{1,2})`, 'i');
const MONTH_FIRST = /^(?<m>\d{1,2})([/.])(?<d>\d{1,2})\2(?<y>\d{4}|\d{2})(?!\d)/;
const DAY_MONTH_WORD = new RegExp(
  `^${WEEKDAY}(?<d>\\d{1,2})(?:st|nd|rd|th)?(?:[-/\\s]|,\\s*)(?<mon>${MONTH_WORD})\\.?(?:[-/]|,?\\s+)'?(?<y>\\d{4}|\\d{2})(?!\\d)`,
  'i',
);
const MONTH_WORD_DAY = new RegExp(
  `^${WEEKDAY}(?<mon>${MONTH_WORD})\\.?\\s+(?<d>\\d{1,2})(?:st|nd|rd|th)?,?\\s+'?(?<y>\\d{4}|\\d{2})(?![\\d:])`,
  'i',
);
/** `Mon Jan  2 15:04:05 MST 2006`: the year comes last. */
const UNIX_DATE = new RegExp(
  `^${WEEKDAY}(?<mon>${MONTH_WORD})\\s+(?<d>\\d{1,2})\\s+(?<clock>\\d{1,2}:\\d\\d(?::\\d\\d(?:\\.\\d{1,9})?)?)(?<zone>\\s+\\S+)?\\s+(?<y>\\d{4})$`,
  'i',
);
const MYSQL_LOG = /^(?<y>\d\d)(?<m>\d\d)(?<d>\d\d)(?=\s+\d{1,2}:)/;
const DATE_FORMS = [YEAR_MONTH_WORD, YEAR_FIRST, MONTH_FIRST, DAY_MONTH_WORD, MONTH_WORD_DAY, MYSQL_LOG];
const CLOCK =
  /^(?:[T:,]?\s*|,?\s+at\s+)(?<h>\d{1,2}):(?<min>\d\d)(?::(?<s>\d\d)(?:[.,:](?<frac>\d{1,9})\d*)?)?\s*(?<half>[ap]m)?(?![a-z\d])/i;
/** Names of zones stand for UTC, as their meaning depends on the place (the reference engine does the same). */
const ZONE =
  /^\s*(?:Z|(?:(?<name>[A-Z]{1,5})?(?:(?<sign>[+-])(?<zh>\d\d):?(?<zm>\d\d)?)?))(?:\s+[+-]\d{2,4})?(?:\s+\(?[A-Z][A-Z0-9 :+-]*\)?)?(?:\s+\(.*\))?(?:\s+m=\S+)?$/i;

interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nano: number;
}

/**
 * Reads a date or a time in any of the forms that the reference engine's date library knows (ISO 8601, RFC 1123, American
 * month-first, named months, digits since 1970 and others). A text without a zone is UTC, or in `zone`, an IANA name.
 * Undefined when it is no date, or one that the calendar has not.
 */
export function parseDate(text: string, zone?: string): TimeValue | undefined {
  const iso = ISO.exec(text);
  if (iso !== null && (iso[8] !== undefined || zone === undefined)) {
    const civil = {
      year: Number(iso[1]),
      month: Number(iso[2]),
      day: Number(iso[3]),
      hour: Number(iso[4]),
      minute: Number(iso[5]),
      second: Number(iso[6]),
      nano: nanosOf(iso[7]),
    };
    return timeOfCivil(civil, offsetOfIso(iso[8]));
  }
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > MAX_TEXT) return undefined;
  if (DIGITS.test(trimmed)) return parseDigits(trimmed);
  return parseUnixDate(trimmed) ?? parseForms(trimmed, zone);
}

function offsetOfIso(text: string | undefined): number {
  if (text === undefined || text === 'Z') return 0;
  const seconds = Number(text.slice(1, 3)) * 3600 + Number(text.slice(4, 6)) * 60;
  return text.startsWith('-') ? -seconds : seconds;
}

function parseDigits(text: string): TimeValue | undefined {
  switch (text.length) {
    case 4:
      return civilTime(Number(text), 1, 1);
    case 8:
      return civilTime(Number(text.slice(0, 4)), Number(text.slice(4, 6)), Number(text.slice(6, 8)));
    case 14:
      return parseDate(
        `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)} ${text.slice(8, 10)}:${text.slice(10, 12)}:${text.slice(12)}`,
      );
    case 10:
    case 13:
    case 16:
    case 19:
      return timeValue(Number(text.slice(0, 10)), nanosOf(text.slice(10)));
    default:
      return undefined;
  }
}

function parseUnixDate(text: string): TimeValue | undefined {
  const groups = UNIX_DATE.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { mon, d, y, clock, zone } = groups;
  return parseForms(`${d} ${mon} ${y} ${clock}${zone ?? ''}`, undefined);
}

function parseForms(text: string, zone: string | undefined): TimeValue | undefined {
  for (const form of DATE_FORMS) {
    const match = form.exec(text);
    if (match === null) continue;
    const time = parseRest(match, text.slice(match[0].length), zone);
    if (time !== undefined) return time;
  }
  return undefined;
}

function parseRest(match: RegExpExecArray, rest: string, zone: string | undefined): TimeValue | undefined {
  const { y = '', m, m2, mon, d, d2 } = match.groups ?? {};
  const clock = CLOCK.exec(rest);
  const { h = '0', min = '0', s = '0', frac, half } = clock?.groups ?? {};
  const tail = clock === null ? rest : rest.slice(clock[0].length);
  const zoned = ZONE.exec(tail);
  if (zoned === null) return undefined;
  const hour = hourOf(Number(h), half?.toLowerCase());
  if (hour === undefined) return undefined;
  const civil = {
    year: yearOf(y),
    month: mon === undefined ? Number(m ?? m2) : MONTHS.indexOf(mon.slice(0, 3).toLowerCase()) + 1,
    day: Number(d ?? d2 ?? 1),
    hour,
    minute: Number(min),
    second: Number(s),
    nano: nanosOf(frac),
  };
  const { sign, zh = '0', zm = '0' } = zoned.groups ?? {};
  if (tail.trim() === '' && zone !== undefined) return inZone(civil, zone);
  const offset = (Number(zh) * 3600 + Number(zm) * 60) * (sign === '-' ? -1 : 1);
  return timeOfCivil(civil, offset);
}

function yearOf(text: string): number {
  const year = Number(text);
  if (text.length !== 2) return year;
  return year >= 69 ? 1900 + year : 2000 + year;
}

function hourOf(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half === 'pm' ? 12 : 0);
}

function nanosOf(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.padEnd(9, '0'));
}

function timeOfCivil(civil: Civil, offsetSeconds: number): TimeValue | undefined {
  if (civil.hour > 23 || civil.minute > 59 || civil.second > 59) return undefined;
  const date = civilTime(civil.year, civil.month, civil.day);
  if (date === undefined) return undefined;
  return timeValue(
    date.sec + civil.hour * 3600 + civil.minute * 60 + civil.second - offsetSeconds,
    civil.nano,
  );
}

/** Midnight UTC of a day of the calendar; undefined for a day that it has not. Months count from one. */
export function civilTime(year: number, month: number, day: number): TimeValue | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCDate() === day ? timeValue(date.getTime() / 1000, 0) : undefined;
}

/** A wall-clock time in an IANA zone. Where clocks go back the earlier of the two instants is taken. */
function inZone(civil: Civil, zone: string): TimeValue | undefined {
  const utc = timeOfCivil(civil, 0);
  if (utc === undefined) return undefined;
  const guess = zoneOffset(utc.sec, zone);
  if (guess === undefined) return undefined;
  const settled = zoneOffset(utc.sec - guess, zone) ?? guess;
  return timeValue(utc.sec - settled, utc.nano);
}

/** Seconds east of UTC in an IANA zone at an instant; undefined for a name that is no zone. */
function zoneOffset(sec: number, zone: string): number | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    const name = format.formatToParts(sec * 1000).find((part) => part.type === 'timeZoneName')?.value ?? '';
    const match = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name);
    if (match === null) return 0;
    const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
    return match[1] === '-' ? -seconds : seconds;
  } catch {
    return undefined;
  }
}

/** RFC 3339 in UTC with as many decimals as the time has, at most nine. */
export function formatTime({ sec, nano }: TimeValue): string {
  return `${new Date(sec * 1000).toISOString().slice(0, -5)}${fraction(nano)}Z`;
}

/** The text that a time has in functions that ask for text, `2014-10-13 00:00:00 +0000 UTC`. */
export function timeText(time: TimeValue): string {
  return formatTime(time).replace('T', ' ').replace('Z', ' +0000 UTC');
}

function fraction(nano: number): string {
  return nano === 0 ? '' : `.${String(nano).padStart(9, '0').replace(/0+$/, '')}`;
}
