import { describe, expect, it } from 'vitest';
import { openWorkspace } from '../import-workspace.ts';

describe('the list of profiles', () => {
  it('pages in key order, by prefix, and by audience', async () => {
    const { importText, profile, call } = openWorkspace();
    const ids = Array.from({ length: 25 }, (_, i) => `u${i}`);
    await importText(
      'p.ndjson',
      ids.map((id, i) => `{"user_id":"${id}"${i % 2 === 0 ? ',"segments":["even"]' : ''}}`).join('\n'),
    );
    async function walk(input: { prefix?: string; audience?: string }): Promise<string[]> {
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof profile.list>> = await profile.list(
          { prefix: '', ...input, cursor, limit: 4 },
          call,
        );
        found.push(...page.rows.map((row) => row.userId));
        cursor = page.next;
      } while (cursor !== null);
      return found;
    }
    expect(await walk({})).toEqual([...ids].sort());
    expect(await walk({ prefix: 'u2' })).toEqual(['u2', 'u20', 'u21', 'u22', 'u23', 'u24']);
    const even = ids.filter((_, i) => i % 2 === 0);
    expect((await walk({ audience: 'even' })).sort()).toEqual([...even].sort());
    expect(await walk({ audience: 'even', prefix: 'u2' })).toEqual(['u2', 'u20', 'u22', 'u24']);
    const { fields } = await profile.fields({}, call);
    expect(fields).toEqual(['user_id', 'segments']);
  });
});
