import { parseDate } from '../dates.ts';
import type { TimeValue } from '../values.ts';
import { MONTH_NAMES } from './strftime.ts';

/** What each piece of a layout stands for, longest first; the reference date is 2 January 2006, 15:04:05 at -07:00. */
const PIECES: readonly (readonly [string, string])[] = [
  ['January', '(?<monthName>[a-z]+)'],
  ['Jan', '(?<monthName>[a-z]{3})'],
  ['Monday', '[a-z]+'],
  ['Mon', '[a-z]{3}'],
  ['MST', '[a-z]{3,4}'],
  ['2006', '(?<year>\\d{4})'],
  ['-07:00', '(?<zone>[+-]\\d\\d:\\d\\d)'],
  ['-0700', '(?<zone>[+-]\\d{4})'],
  ['Z07:00', '(?<zone>Z|[+-]\\d\\d:\\d\\d)'],
  ['01', '(?<month>\\d\\d)'],
  ['02', '(?<day>\\d\\d)'],
  ['03', '(?<half>\\d\\d)'],
  ['04', '(?<minute>\\d\\d)'],
  ['05', '(?<second>\\d\\d)(?:\\.(?<fraction>\\d{1,9}))?'],
  ['06', '(?<shortYear>\\d\\d)'],
  ['15', '(?<hour>\\d\\d)'],
  ['_2', '\\s?(?<day>\\d{1,2})'],
  ['PM', '(?<pm>[ap]m)'],
  ['pm', '(?<pm>[ap]m)'],
  ['1', '(?<month>\\d{1,2})'],
  ['2', '(?<day>\\d{1,2})'],
  ['3', '(?<half>\\d{1,2})'],
  ['4', '(?<minute>\\d{1,2})'],
  ['5', '(?<second>\\d{1,2})(?:\\.(?<fraction>\\d{1,9}))?'],
];

/**
 * Parses a text by a layout written as the reference date (`02/01/2006`), as the two-argument `todate` takes it. Undefined
 * when the text does not fit the layout or is no date, and for a layout that names a part twice.
 */
export function parseByLayout(layout: string, text: string): TimeValue | undefined {
  let source = '';
  for (let at = 0; at < layout.length; ) {
    const piece = PIECES.find(([name]) => layout.startsWith(name, at));
    source += piece?.[1] ?? (layout[at] ?? '').replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
    at += piece?.[0].length ?? 1;
  }
  const groups = match(source, text)?.groups;
  if (groups === undefined) return undefined;
  const month = monthOf(groups);
  if (month === undefined) return undefined;
  const year = groups.year ?? (groups.shortYear === undefined ? '0000' : century(groups.shortYear));
  const { minute = '0', second = '0', fraction, zone = '' } = groups;
  const pad = (value: string) => value.padStart(2, '0');
  const hour = hourOf(groups);
  const clock = `${pad(hour)}:${pad(minute)}:${pad(second)}${fraction === undefined ? '' : `.${fraction}`}`;
  return parseDate(
    `${year}-${month}-${pad(groups.day ?? '1')}T${clock}${zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2') || 'Z'}`,
  );
}

function match(source: string, text: string): RegExpExecArray | null {
  try {
    return new RegExp(`^${source}$`, 'i').exec(text);
  } catch {
    // A group that is named twice.
    return null;
  }
}

function monthOf({ monthName, month }: Record<string, string>): string | undefined {
  if (monthName === undefined) return (month ?? '1').padStart(2, '0');
  const index = MONTH_NAMES.findIndex((name) => name.toLowerCase().startsWith(monthName.toLowerCase()));
  return index < 0 ? undefined : String(index + 1).padStart(2, '0');
}

function hourOf({ half, hour, pm }: Record<string, string>): string {
  if (half === undefined) return hour ?? '0';
  return String((Number(half) % 12) + (pm?.toLowerCase() === 'pm' ? 12 : 0));
}

function century(shortYear: string): string {
  return Number(shortYear) >= 69 ? `19${shortYear}` : `20${shortYear}`;
}
