import type Database from 'better-sqlite3';
import type { Db } from '../store/store.ts';

type Query = Database.Statement<(string | number)[], unknown>;

/** Texts kept prepared for each connection; far more than the filters of one view give. */
const MAX_PREPARED = 200;
const prepared = new WeakMap<Db, Map<string, Query>>();

/** Prepares a query once: a page of several strands is mostly look-ups, shorter than the preparing. */
export function prepareQuery(db: Db, sql: string): Query {
  let queries = prepared.get(db);
  if (queries === undefined || queries.size >= MAX_PREPARED) {
    queries = new Map();
    prepared.set(db, queries);
  }
  let query = queries.get(sql);
  if (query === undefined) {
    query = db.prepare<(string | number)[]>(sql);
    queries.set(sql, query);
  }
  return query;
}
