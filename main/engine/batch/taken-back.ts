import type { CutOffBatch } from './batch.ts';

/** What opening the workspace took back of imports that were cut off. Of rules and the clock nothing: they go on by themselves. */
export function takenBackLines(batches: readonly CutOffBatch[]): string[] {
  return batches.flatMap(({ id, kind, source, state }) => {
    if (kind === 'rule' || kind === 'clock') return [];
    return state === 'undone'
      ? [`Undoing import ${id} (${kind}, ${source}) was cut off, and is complete now.`]
      : [
          `Import ${id} (${kind}, ${source}) was cut off. What it had written was taken back; import it again.`,
        ];
  });
}
