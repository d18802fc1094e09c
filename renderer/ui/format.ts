const whole = new Intl.NumberFormat('en-US');

/** A count with thousands separators: `1,204`. */
export function count(value: number): string {
  return whole.format(value);
}

/** A count and its noun: `1 message`, `2 messages`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Bytes in the unit that keeps three digits, in powers of 1,024. */
export function byteSize(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${count(bytes)} bytes` : `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** A duration in seconds as people read it: `4 s`, `2 min 10 s`, `1 h 5 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 1) return 'under 1 s';
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) {
    const rest = rounded % 60;
    return `${Math.floor(rounded / 60)} min${rest ? ` ${rest} s` : ''}`;
  }
  const minutes = Math.round((rounded % 3600) / 60);
  return `${Math.floor(rounded / 3600)} h${minutes ? ` ${minutes} min` : ''}`;
}

/** An RFC 3339 instant to the second, in UTC and without its zone letter: `2026-11-23 09:00:00`. */
export function instant(text: string | null): string {
  if (text === null) return '–';
  const utc = /[zZ]$/.test(text) ? text : toUtc(text);
  return utc.slice(0, 19).replace('T', ' ');
}

function toUtc(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString();
}

/** How long ago an instant was, in its largest unit: `just now`, `5 min ago`, `3 days ago`. */
export function ago(text: string, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - Date.parse(text)) / 1000);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${plural(Math.floor(seconds / 86_400), 'day')} ago`;
}

/** Messages per second with one decimal below ten. */
export function rate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond));
}

/** An amount of US dollars; amounts below a cent keep four decimals, and what is less is said in words. */
export function dollars(value: number): string {
  if (value > 0 && value < 0.0001) return 'under $0.0001';
  return `$${value.toFixed(value !== 0 && value < 0.01 ? 4 : 2)}`;
}

const SHORT = /^(\d{4}-\d{2}-\d{2})(?:[ Tt](\d{2}:\d{2})(:\d{2})?(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})?$/;

/**
 * Completes what a person types as a time into RFC 3339: `2026-11-23`, `2026-11-23 09:00` and full instants, UTC where
 * no zone is given. Null for anything else, also for a day that the calendar does not have.
 */
export function completeInstant(text: string): string | null {
  const match = SHORT.exec(text.trim());
  if (match === null) return null;
  const [, day = '', minutes = '00:00', seconds = ':00', decimals = '', zone = 'Z'] = match;
  const full = `${day}T${minutes}${seconds}${decimals}${zone.toUpperCase()}`;
  const ms = Date.parse(`${day}T${minutes}${seconds}Z`);
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(day)) return null;
  return full;
}
