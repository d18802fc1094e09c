import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseFilter, printStatement, runEvalCase } from '../../../main/engine/rules/rules.ts';

/**
 * Answers of the reference engine to texts of our own: a sample of all combinations of operator, type and value, of every
 * function with every type, INCLUDE in all positions, and the forms of a statement.
 */
const answer = z.union([z.boolean(), z.literal('error'), z.literal('invalid')]);
const fixture = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      now: z.string(),
      includes: z.string().optional(),
      context: z.record(z.string(), z.any()),
      types: z.record(z.string(), z.string()),
      answers: z.array(z.tuple([z.string(), answer])),
    }),
  ),
  statements: z.array(z.union([z.tuple([z.string(), answer]), z.tuple([z.string(), answer, z.string()])])),
});
const { groups, statements } = fixture.parse(
  JSON.parse(
    readFileSync(join(import.meta.dirname, '../../fixtures/filterql/reference-answers.json'), 'utf8'),
  ),
);

describe('answers of the reference engine', () => {
  it.each(groups.map((group) => [group.name, group.answers.length, group] as const))(
    'are ours: %s, %d texts',
    (_name, _count, { answers, now, context, types, includes = '' }) => {
      const different = answers.flatMap(([phrase, wanted]) => {
        const line = runEvalCase({ id: 0, filter: `FILTER ${phrase}`, now, context, types, includes });
        const result = 'result' in line ? line.result : undefined;
        return result === wanted ? [] : [`${phrase}: ${result}, not ${wanted}`];
      });
      expect(different).toEqual([]);
    },
  );

  it(`are ours: canonical text of ${statements.length} statements, or that they do not parse`, () => {
    const different = statements.flatMap(([text, , canonical]) => {
      const ours = canonicalOf(text);
      return ours === canonical ? [] : [`${text}: ${ours}, not ${canonical}`];
    });
    expect(different).toEqual([]);
  });
});

function canonicalOf(text: string): string | undefined {
  try {
    return printStatement(parseFilter(text));
  } catch {
    return undefined;
  }
}
