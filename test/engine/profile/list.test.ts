import { describe, expect, it } from 'vitest';
import { sampleFields } from '../../../main/engine/profile/list.ts';
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

  it('learns all fields of a few profiles, and says that it has not looked at many', async () => {
    const { importText, db } = openWorkspace();
    const line = (i: number) => `{"user_id":"u${i}","f${i}":1}`;
    await importText('few.ndjson', Array.from({ length: 500 }, (_, i) => line(i)).join('\n'));
    expect(sampleFields(db)).toMatchObject({ names: { length: 501 }, sampled: false });
    await importText('many.ndjson', Array.from({ length: 900 }, (_, i) => line(i)).join('\n'));
    expect(sampleFields(db).sampled).toBe(true);
  });
});
