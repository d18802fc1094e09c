import { changeLine } from './workspace.ts';

/** What the engine must agree with: plain maps, the obvious way. User → slug → day of entering. */
export interface Model {
  readonly members: Map<string, Map<string, number>>;
  /** History as lines, see `changeLine`. */
  history: string[];
  lastAt: number;
}

export interface ModelRow {
  readonly user: string;
  readonly slug: string;
  readonly entered?: number | undefined;
}

export const emptyModel = (): Model => ({ members: new Map(), history: [], lastAt: 0 });

export function copyModel({ members, history, lastAt }: Model): Model {
  return {
    members: new Map([...members].map(([user, own]) => [user, new Map(own)])),
    history: [...history],
    lastAt,
  };
}

/** What a snapshot does: the last row of a pair wins, rows that enter after `at` are rejected. */
export function applySnapshot(model: Model, rows: readonly ModelRow[], at: number, partial: boolean) {
  const file = new Map<string, Map<string, number>>();
  let duplicates = 0;
  let rejected = 0;
  for (const { user, slug, entered } of rows) {
    if (entered !== undefined && entered > at) {
      rejected += 1;
      continue;
    }
    const own = file.get(user) ?? new Map<string, number>();
    if (own.has(slug)) duplicates += 1;
    own.set(slug, entered ?? at);
    file.set(user, own);
  }
  let entered = 0;
  let exited = 0;
  for (const [user, own] of model.members) {
    if (partial && !file.has(user)) continue;
    for (const [slug, since] of own) {
      if (slug.startsWith('rule') || file.get(user)?.has(slug) === true) continue;
      const left = Math.max(at, since);
      own.delete(slug);
      exited += 1;
      model.history.push(changeLine(user, slug, 'exit', left, since, left));
    }
  }
  for (const [user, own] of file) {
    for (const [slug, since] of own) {
      if (enter(model, user, slug, at, since)) entered += 1;
    }
  }
  model.lastAt = at;
  return { entered, exited, duplicates, rejected, users: file.size };
}

/** @param since when the user entered, where that is earlier than the change */
export function enter(model: Model, user: string, slug: string, at: number, since = at): boolean {
  const own = model.members.get(user) ?? new Map<string, number>();
  if (own.has(slug)) return false;
  own.set(slug, since);
  model.members.set(user, own);
  model.history.push(changeLine(user, slug, 'enter', at, since, null));
  return true;
}

export function exit(model: Model, user: string, slug: string, at: number): boolean {
  const since = model.members.get(user)?.get(slug);
  if (since === undefined) return false;
  const left = Math.max(at, since);
  model.members.get(user)?.delete(slug);
  model.history.push(changeLine(user, slug, 'exit', left, since, left));
  return true;
}
