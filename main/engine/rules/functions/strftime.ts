import type { TimeValue } from '../values.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
export const MONTH_NAMES = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Formats a time in UTC by the directives of strftime; an unknown directive stays as it is. */
export function strftime(time: TimeValue, pattern: string): string {
  const date = new Date(time.sec * 1000);
  return pattern.replace(/%([a-zA-Z%])/g, (whole, letter: string) => directive(letter, date, time) ?? whole);
}

function directive(letter: string, date: Date, time: TimeValue): string | undefined {
  const pad = (value: number, width = 2) => String(value).padStart(width, '0');
  const day = DAYS[date.getUTCDay()] ?? '';
  const month = MONTH_NAMES[date.getUTCMonth()] ?? '';
  const hour = date.getUTCHours();
  const clock = `${pad(hour)}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  const slashes = `${pad(date.getUTCMonth() + 1)}/${pad(date.getUTCDate())}/${pad(date.getUTCFullYear() % 100)}`;
  const dayOfYear = Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000);
  const directives: Readonly<Record<string, string>> = {
    a: day.slice(0, 3),
    A: day,
    w: String(date.getUTCDay()),
    d: pad(date.getUTCDate()),
    b: month.slice(0, 3),
    B: month,
    m: pad(date.getUTCMonth() + 1),
    y: pad(date.getUTCFullYear() % 100),
    Y: String(date.getUTCFullYear()),
    H: pad(hour),
    I: pad(hour % 12 === 0 ? 12 : hour % 12),
    p: hour < 12 ? 'AM' : 'PM',
    M: pad(date.getUTCMinutes()),
    S: pad(date.getUTCSeconds()),
    f: pad(Math.floor(time.nano / 1000), 6),
    z: '+0000',
    Z: 'UTC',
    j: pad(dayOfYear + 1, 3),
    U: pad(Math.floor((dayOfYear + 7 - date.getUTCDay()) / 7)),
    W: pad(Math.floor((dayOfYear + 7 - ((date.getUTCDay() + 6) % 7)) / 7)),
    c: `${day.slice(0, 3)} ${month.slice(0, 3)} ${pad(date.getUTCDate())} ${clock} ${date.getUTCFullYear()}`,
    x: slashes,
    X: clock,
    '%': '%',
  };
  return directives[letter];
}
