import { describe, expect, it } from 'vitest';
import { hashA, hashB, openHashPages, PROFILES_PER_PAGE } from '../../../main/engine/profile/hash-pages.ts';
import { openDatabase } from '../../../main/engine/store/store.ts';

describe('the pages of hashes', () => {
  it('are those of before until they are written, and then no page of before', () => {
    const db = openDatabase(':memory:');
    const id = 3 * PROFILES_PER_PAGE + 7;
    const earlier = openHashPages(db);
    earlier.set(id, { a: 4, b: -5 });
    earlier.write();

    const pages = openHashPages(db);
    expect(pages.original(2)).toBeUndefined();
    const stored = () => {
      const page = pages.original(3);
      return page && [hashA(page, id), hashB(page, id), hashA(page, id + 1)];
    };
    expect(stored()).toEqual([4, -5, 0]);
    pages.set(id, { a: 6, b: 7 });
    expect(pages.get(id)).toEqual({ a: 6, b: 7 });
    pages.settle();
    expect(stored()).toEqual([4, -5, 0]);
    pages.write();
    expect(stored()).toBeUndefined();
    expect(pages.get(id)).toEqual({ a: 6, b: 7 });
    expect(openHashPages(db).get(id)).toEqual({ a: 6, b: 7 });
    db.close();
  });

  it('are written where more are noted than are held, and by few at a time in the end', () => {
    const db = openDatabase(':memory:');
    const count = () => Number(db.prepare('SELECT count(*) FROM profile_hash_page').pluck().get());
    const pages = openHashPages(db);
    const note = (page: number) => pages.set(page * PROFILES_PER_PAGE, { a: 2, b: page });
    for (let page = 0; page < 2048; page += 1) note(page);
    pages.settle();
    expect(count()).toBe(0);
    note(2048);
    pages.settle();
    expect(count()).toBe(2049);
    for (let page = 2049; page < 2249; page += 1) note(page);
    const written = [...pages.steps()].length;
    expect(written).toBe(3);
    expect(count()).toBe(2249);
    expect(openHashPages(db).get(2248 * PROFILES_PER_PAGE)).toEqual({ a: 2, b: 2248 });
    db.close();
  });
});
