import { expect, it } from 'vitest';
import { takenBackLines } from '../../../main/engine/batch/taken-back.ts';

it('says what was taken back of imports, and nothing of rules, which go on by themselves', () => {
  const lines = takenBackLines([
    { id: 1, kind: 'snapshot', source: 'a.csv', state: 'undone' },
    { id: 2, kind: 'rule', source: 'vip', state: 'failed' },
    { id: 3, kind: 'events', source: 'b.ndjson', state: 'failed' },
  ]);
  expect(lines).toEqual([
    'Undoing import 1 (snapshot, a.csv) was cut off, and is complete now.',
    'Import 3 (events, b.ndjson) was cut off. What it had written was taken back; import it again.',
  ]);
});
