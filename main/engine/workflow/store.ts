import { type Workflow, workflow } from '../../../preload/contract/workflow.ts';
import { SegueError } from '../core/errors.ts';
import { type Db, inTransaction } from '../store/store.ts';
import { didYouMean } from './did-you-mean.ts';
import { stepUp } from './versions.ts';

/** A workflow to be stored; without a subscription id it keeps the one it has, or gets a fresh one. */
export type WorkflowDraft = Omit<Workflow, 'subscriptionId'> & { subscriptionId?: string | undefined };

/** Every workflow in the order of its name. */
export function listWorkflows(db: Db): Workflow[] {
  const rows = db.prepare<[], string>('SELECT json FROM workflow ORDER BY name').pluck().all();
  return rows.map(parseStored);
}

/** A workflow by its name; undefined when there is none. */
export function findWorkflow(db: Db, name: string): Workflow | undefined {
  const json = db.prepare<[string], string>('SELECT json FROM workflow WHERE name = ?').pluck().get(name);
  return json === undefined ? undefined : parseStored(json);
}

/**
 * A workflow by its name.
 *
 * @throws WORKFLOW_NOT_FOUND naming the nearest name, where there is one
 */
export function requireWorkflow(db: Db, name: string): Workflow {
  const found = findWorkflow(db, name);
  if (found !== undefined) return found;
  const names = db.prepare<[], string>('SELECT name FROM workflow ORDER BY name').pluck().all();
  const hint = didYouMean(name, names) || ' List them with workflow list.';
  throw new SegueError('WORKFLOW_NOT_FOUND', `There is no workflow "${name.slice(0, 100)}".${hint}`, {
    workflow: name.slice(0, 100),
  });
}

/** What storing needs beside the database. */
export interface StoreTools {
  readonly nowMs: number;
  readonly newId: () => string;
}

/**
 * Creates or replaces a workflow; with a `previousName` renames that one, keeping its subscription id, so that dedup ids
 * stay the same.
 *
 * @throws WORKFLOW_NOT_FOUND when `previousName` is not stored, CONFLICT when the new name belongs to another workflow
 */
export function saveWorkflow(
  db: Db,
  draft: WorkflowDraft,
  previousName: string | undefined,
  tools: StoreTools,
): Workflow {
  return inTransaction(db, () => {
    const renames = previousName !== undefined && previousName !== draft.name;
    const present =
      previousName === undefined ? findWorkflow(db, draft.name) : requireWorkflow(db, previousName);
    if (renames && findWorkflow(db, draft.name) !== undefined) {
      throw new SegueError(
        'CONFLICT',
        `There is already a workflow "${draft.name}". Choose another name, or remove that one first.`,
        { workflow: draft.name, field: 'name' },
      );
    }
    const stored: Workflow = {
      ...draft,
      subscriptionId: draft.subscriptionId ?? present?.subscriptionId ?? tools.newId(),
    };
    if (renames) db.prepare('DELETE FROM workflow WHERE name = ?').run(previousName);
    db.prepare(
      `INSERT INTO workflow VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET json = excluded.json, saved_ms = excluded.saved_ms`,
    ).run(stored.name, JSON.stringify(stored), tools.nowMs);
    return stored;
  });
}

/** Removes a workflow; its runs keep their own copy. @throws WORKFLOW_NOT_FOUND */
export function removeWorkflow(db: Db, name: string): void {
  requireWorkflow(db, name);
  db.prepare('DELETE FROM workflow WHERE name = ?').run(name);
}

/** Reads a workflow's stored JSON, a run's copy too, whatever known version wrote it. */
export function parseStored(json: string): Workflow {
  const value: Record<string, unknown> = JSON.parse(json);
  return workflow.parse(stepUp(value, 'A stored workflow'));
}
