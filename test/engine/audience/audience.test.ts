import { describe, expect, it } from 'vitest';
import { derivedAudienceId, ensureAudience, requireAudience } from '../../../main/engine/audience/store.ts';
import { undoBatch } from '../../../main/engine/batch/batch.ts';
import { nearestName } from '../../../main/engine/core/nearest.ts';
import { dump, openWorkspace } from '../import-workspace.ts';

const ID = 'd3d8f15855b6b067709577342fe72db9';

function open() {
  const workspace = openWorkspace();
  let files = 0;
  const importDefinitions = (definitions: unknown) => {
    files += 1;
    const text = typeof definitions === 'string' ? definitions : JSON.stringify(definitions);
    return workspace.audience.import({ path: workspace.file(`${files}.json`, text) }, workspace.call);
  };
  return { ...workspace, importDefinitions };
}

describe('audience definitions', () => {
  it('create, update, and leave alone what is the same', async () => {
    const { importDefinitions, audience, call } = open();
    const definitions = [
      { id: ID, slug: 'at_risk', name: 'At risk', extra: [1] },
      { slug: 'odd/slug é "x"', filter: 'FILTER AND (EXISTS email, score > 3)' },
    ];
    expect(await importDefinitions(definitions)).toMatchObject({ created: 2, updated: 0, unchanged: 0 });
    expect(await importDefinitions(definitions)).toMatchObject({ created: 0, updated: 0, unchanged: 2 });
    expect(await importDefinitions([{ id: ID, slug: 'at_risk_to_churn', name: 'At risk' }])).toMatchObject({
      updated: 1,
    });
    const { rows } = await audience.list({}, call);
    expect(rows).toEqual([
      {
        id: ID,
        slug: 'at_risk_to_churn',
        name: 'At risk',
        kind: 'imported',
        filter: null,
        members: 0,
        lastChangeAt: null,
      },
      {
        id: derivedAudienceId('odd/slug é "x"'),
        slug: 'odd/slug é "x"',
        name: 'odd/slug é "x"',
        kind: 'rule',
        filter: 'FILTER AND (EXISTS email, score > 3)',
        members: 0,
        lastChangeAt: null,
      },
    ]);
    expect(await audience.show({ slug: ID }, call)).toMatchObject({ slug: 'at_risk_to_churn' });
  });

  it.each([
    ['[{"slug":"a"},\n {"name":"no slug"}]', 'FILE_FORMAT', { line: 2, column: 2 }],
    ['[{"slug":"a"},\n {"slug":}]', 'FILE_FORMAT', { line: 2, column: 2 }],
    ['[{"slug":"a"}, 7]', 'FILE_FORMAT', { line: 1, column: 16 }],
    ['[{"slug":"a"},{"slug":"b","filter":"FILTER AND ("}]', 'RULE_SYNTAX', { audience: 'b' }],
    [
      `[{"id":"${ID}","slug":"a"},{"slug":"b"},{"id":"${ID}","slug":"b"}]`,
      'CONFLICT',
      { slug: 'b', other: 'a' },
    ],
    ['[{"slug":"a"}', 'FILE_FORMAT', {}],
  ])('are taken wholly or not at all: %s', async (text, code, detail) => {
    const { importDefinitions, db } = open();
    await expect(importDefinitions(text)).rejects.toMatchObject({ code, detail });
    expect(db.prepare('SELECT * FROM audience').all()).toEqual([]);
    expect(db.prepare('SELECT count(*) FROM batch').pluck().get()).toBe(0);
  });

  it.each([
    ['{"name":"Demo"}', /, line 1, column 2: the audience has no "slug"\. Give it the name /],
    ['{"slug":null}', /the audience has no "slug"\. Give it/],
    ['{"slug":7}', /"slug" must be a text of 1 to 256 characters\./],
    ['{"slug":""}', /"slug": The audience is empty\./],
    ['{"slug":" a"}', /"slug": The audience " a" begins or ends with a space/],
    ['{"slug":"a","id":""}', /"id" must be a text of 1 to 64 characters, or left out\./],
    ['{"slug":"a","name":false}', /"name" must be a text of 1 to 500 characters, or left out\./],
    ['{"slug":"a","filter":[]}', /"filter" must be the text of a rule/],
    ['7', /an audience must be an object\./],
    ['[]', /an audience must be an object\./],
  ])(
    'that are none are refused with the place, the reason and what is expected: %s',
    async (text, message) => {
      const { importDefinitions } = open();
      const refused = importDefinitions(`[${text}]`);
      await expect(refused).rejects.toMatchObject({ code: 'FILE_FORMAT' });
      await expect(refused).rejects.toThrow(message);
      await expect(refused).rejects.toThrow(
        /Expected \{"id", "slug", "name", "filter"\}; nothing was imported\.$/,
      );
    },
  );

  it('come back when their import is undone, also when names were swapped', async () => {
    const { importDefinitions, db, context } = open();
    await importDefinitions([
      { id: 'a'.repeat(32), slug: 'one' },
      { id: 'b'.repeat(32), slug: 'two' },
    ]);
    const before = dump(db);
    await importDefinitions([
      { id: 'a'.repeat(32), slug: 'three', name: 'Third' },
      { id: 'b'.repeat(32), slug: 'one', filter: 'FILTER x > 1' },
      { slug: 'four' },
      { id: 'a'.repeat(32), slug: 'two' },
    ]);
    expect(requireAudience(db, 'two').hexId).toBe('a'.repeat(32));
    const last =
      db.prepare<[], number>(`SELECT max(id) FROM batch WHERE kind = 'audiences'`).pluck().get() ?? 0;
    await undoBatch(context.store.db, last);
    expect(dump(db)).toEqual(before);
  });
});

describe('an audience', () => {
  it('that is not there is refused with the nearest name', () => {
    const { db } = open();
    ensureAudience(db, { slug: 'at_risk_to_churn' }, 1);
    expect(() => requireAudience(db, 'at_risk_to_curn')).toThrowError(
      expect.objectContaining({
        code: 'AUDIENCE_NOT_FOUND',
        detail: expect.objectContaining({ nearest: 'at_risk_to_churn' }),
      }),
    );
    expect(() => requireAudience(db, 'vip')).toThrowError(
      expect.objectContaining({ detail: { audience: 'vip' } }),
    );
  });

  it('that data names is found by id first, then by slug, or created', () => {
    const { db } = open();
    const first = ensureAudience(db, { slug: 'a', hexId: ID }, 1);
    expect(first).toMatchObject({ created: true, hexId: ID });
    expect(ensureAudience(db, { slug: 'renamed', hexId: ID }, 1)).toMatchObject({
      id: first.id,
      created: false,
    });
    expect(ensureAudience(db, { slug: 'a' }, 1)).toMatchObject({ id: first.id, created: false });
    expect(ensureAudience(db, { slug: ID }, 1)).toMatchObject({ id: first.id, created: false });
    expect(ensureAudience(db, { slug: 'b', hexId: 'abc678asdf' }, 1)).toMatchObject({
      hexId: 'abc678asdf',
      created: true,
    });
  });

  it('counts members and knows its last change', async () => {
    const { importText, audience, call } = open();
    await importText('p.ndjson', '{"user_id":"u1","segments":["vip"]}\n{"user_id":"u2","segments":["vip"]}', {
      at: '2026-01-01T00:00:00Z',
    });
    await importText('q.ndjson', '{"user_id":"u2","segments":[]}', { at: '2026-01-02T00:00:00.5Z' });
    expect(await audience.show({ slug: 'vip' }, call)).toMatchObject({
      members: 1,
      lastChangeAt: '2026-01-02T00:00:00.5Z',
    });
  });

  it('explains itself for a user', async () => {
    const { importDefinitions, importText, audience, call } = open();
    await importDefinitions([
      { slug: 'rule', filter: 'FILTER AND (score > 3, last_seen < "now-7d")' },
      { slug: 'vip' },
    ]);
    await importText(
      'p.ndjson',
      '{"user_id":"u1","score":5,"last_seen":"2026-11-20T09:00:00Z","segments":["vip"]}',
    );
    const rule = await audience.explain({ slug: 'rule', userId: 'u1' }, call);
    expect(rule).toMatchObject({
      audience: 'rule',
      member: false,
      nextFlip: expect.stringMatching(/^2026-11-27T09:00:0/),
    });
    expect(rule.tree?.children.map(({ value }) => value)).toEqual([true, false]);
    expect(rule.tree?.children[0]?.fields).toEqual([{ name: 'score', value: '5' }]);
    expect(await audience.explain({ slug: 'vip', userId: 'u1' }, call)).toMatchObject({
      member: true,
      tree: null,
      lastChange: { event: 'enter', cause: 'profile' },
    });
    expect(() => audience.explain({ slug: 'rule', userId: 'u2' }, call)).toThrowError(
      expect.objectContaining({ code: 'PROFILE_NOT_FOUND' }),
    );
  });
});

describe('a rule’s text', () => {
  it('is checked without being stored', async () => {
    const { audience, call } = open();
    expect(await audience.checkRule({ text: 'filter and (a > 1)' }, call)).toMatchObject({
      valid: true,
      fields: ['a'],
    });
    expect(await audience.checkRule({ text: 'FILTER a >' }, call)).toMatchObject({
      valid: false,
      line: 1,
      column: 11,
    });
  });
});

describe('the nearest name', () => {
  it('is at most a third away, case aside', () => {
    expect(nearestName('EMAL', ['name', 'email', 'mail'])).toBe('email');
    expect(nearestName('xyz', ['name', 'email'])).toBeUndefined();
    expect(nearestName('ab', ['abc'])).toBe('abc');
    // Two letters swapped are one slip; of three letters one may be wrong.
    expect(nearestName('vpi', ['vip'])).toBe('vip');
    expect(nearestName('foo', ['not', 'or'])).toBeUndefined();
  });
});
