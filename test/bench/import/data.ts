import { closeSync, openSync, writeSync } from 'node:fs';

/** What a profile file of the benchmark holds: about 600 bytes a line, its users in an order that is not that of their keys. */
export interface ProfileData {
  readonly users: number;
  /** 0 is the first file; in day 1 two percent of the profiles differ. */
  readonly day: 0 | 1;
  /** Whether each profile names about four of twenty audiences; on day 1 those that differ name others. */
  readonly segments: boolean;
}

const FLUSH_CHARS = 1 << 20;

/** Writes the profiles as NDJSON. */
export function writeProfiles(file: string, { users, day, segments }: ProfileData): void {
  const fd = openSync(file, 'w');
  let text = '';
  for (let user = 0; user < users; user += 1) {
    text += `${profileText(user, day, segments)}\n`;
    if (text.length < FLUSH_CHARS) continue;
    writeSync(fd, text);
    text = '';
  }
  writeSync(fd, text);
  closeSync(fd);
}

function profileText(user: number, day: number, segments: boolean): string {
  const mixed = mix(user);
  const id = mixed.toString(16).padStart(8, '0') + mix(mixed).toString(16).padStart(8, '0');
  const changed = day === 1 && mixed % 50 === 0;
  const audiences = Array.from({ length: 4 }, (_, n) => (mixed + n * 5 + (changed && n === 0 ? 1 : 0)) % 20);
  const names = [...new Set(audiences)].map((n) => `"audience_${String(n).padStart(2, '0')}"`);
  const fields = [
    `"user_id":"${id}"`,
    `"email":"person.${user}@example.com"`,
    `"first_name":"Name${mixed % 1000}","last_name":"Family${mixed % 7919}"`,
    `"city":"City ${mixed % 300}","country":"NL","language":"nl","active":${mixed % 3 > 0}`,
    `"visits":${(mixed % 400) + (changed ? 1 : 0)},"lifetime_value":${(mixed % 100_000) / 100}`,
    `"last_seen":"2026-10-${String((mixed % 28) + 1).padStart(2, '0')}T12:34:56.123456789Z"`,
    `"address":{"street":"Long Street ${mixed % 999}","zip":"${1000 + (mixed % 8999)} AB"}`,
    `"interests":["sports","travel","music"],"account_number":90071992547${mixed % 90_000}`,
    `"note":"${'A line of free text about this person. '.repeat(5).trim()}"`,
  ];
  if (segments) fields.push(`"segments":[${names.join(',')}]`);
  return `{${fields.join(',')}}`;
}

function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
