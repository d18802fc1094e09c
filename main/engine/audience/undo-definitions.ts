import { markRulesChanged } from '../reevaluation/pending.ts';
import { type Db, inTransaction } from '../store/store.ts';

/** Gives the definitions that a batch replaced back, in one transaction; audiences that it created are removed elsewhere. */
export function* undoDefinitions(db: Db, batch: number): Generator<void, void, void> {
  inTransaction(db, () => {
    // Names may have been swapped: out of the way first, or the unique columns would collide half-way.
    db.prepare(
      `UPDATE audience SET hex_id = 'undoing ' || id, slug = 'undoing ' || id
       WHERE id IN (SELECT audience_id FROM audience_replaced WHERE batch_id = ?)`,
    ).run(batch);
    db.prepare(
      `UPDATE audience SET (hex_id, slug, name, filter) =
         (SELECT hex_id, slug, name, filter FROM audience_replaced WHERE batch_id = @batch AND audience_id = audience.id)
       WHERE id IN (SELECT audience_id FROM audience_replaced WHERE batch_id = @batch)`,
    ).run({ batch });
    const { changes } = db.prepare('DELETE FROM audience_replaced WHERE batch_id = ?').run(batch);
    if (changes > 0) markRulesChanged(db);
  });
  yield;
}
