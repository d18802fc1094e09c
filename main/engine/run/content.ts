import type { Instant } from '../core/instant.ts';
import type { SelectedChange } from './change-reader.ts';

/**
 * What a journalled message is built from when it is sent, as the text of `run_message.changes`:
 * `12,13` numbers of changes; `#5:12,13` the same, archived with the recorded message 5; `[[audience,ms,code],…]` the
 * memberships of a backfill; empty for a test message, whose body is in the row.
 */
export type Content =
  | { readonly kind: 'changes'; readonly seqs: readonly number[]; readonly recordedId: number | null }
  | { readonly kind: 'memberships'; readonly memberships: readonly MembershipContent[] }
  | { readonly kind: 'stored' };

export interface MembershipContent {
  readonly audienceId: number;
  readonly enteredAt: Instant;
}

export function encodeContent(
  message:
    | { readonly changes: readonly Pick<SelectedChange, 'seq'>[]; readonly recordedId: number | null }
    | { readonly memberships: readonly MembershipContent[] },
): string {
  if ('memberships' in message) {
    return JSON.stringify(
      message.memberships.map(({ audienceId, enteredAt }) => [audienceId, enteredAt.ms, enteredAt.code]),
    );
  }
  const { changes, recordedId } = message;
  const seqs = changes.map(({ seq }) => seq).join(',');
  return recordedId === null ? seqs : `#${recordedId}:${seqs}`;
}

export function decodeContent(text: string): Content {
  if (text === '') return { kind: 'stored' };
  if (text.startsWith('[')) {
    const rows = JSON.parse(text) as [number, number, number][];
    return {
      kind: 'memberships',
      memberships: rows.map(([audienceId, ms, code]) => ({ audienceId, enteredAt: { ms, code } })),
    };
  }
  const colon = text.indexOf(':');
  return {
    kind: 'changes',
    recordedId: colon === -1 ? null : Number(text.slice(1, colon)),
    seqs: text
      .slice(colon + 1)
      .split(',')
      .map(Number),
  };
}
