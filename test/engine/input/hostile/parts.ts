/** The parts that hostile files are made of. */

/** Levels of nesting. */
export const DEEP = 10_000;

/** What a file is imported as. */
export type Kind = 'profiles' | 'snapshot' | 'archive' | 'audiences';
/** What stands in a file; large ones are made when they are needed. */
export type Content = string | Uint8Array | (() => string | Uint8Array);

/** A profile that is taken. */
export const GOOD = '{"user_id":"good","segments":["vip"]}\n';
const event = (slug: string) => `{"id":"a1","event":"enter","slug":"${slug}","enter":"2020-01-01T00:00:00Z"}`;
/** An archived message of one enter, with further members of its data. */
export const message = (slug: string, more = '') =>
  `{"data":{"user_id":"u1","segment_events":[${event(slug)}]${more}},"meta":{"timestamp":"2020-01-01T00:00:00Z"}}\n`;
/** Bytes by their numbers, from 0x80 on not UTF-8. */
export const latin1 = (text: string) => Buffer.from(text, 'latin1');
/** A million columns. */
export const million = () => Array.from({ length: 1_000_000 }, (_, i) => `c${i}`).join(',');
