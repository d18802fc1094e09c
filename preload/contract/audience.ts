import { z } from 'zod';
import { call } from './call.ts';
import { audienceRef, filePath, instantText, userIdText } from './values.ts';

export const audienceRow = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  kind: z.enum(['rule', 'imported']),
  filter: z.string().nullable(),
  members: z.int(),
  lastChangeAt: instantText.nullable(),
});
export type AudienceRow = z.infer<typeof audienceRow>;

/** One node of an explanation: a sub-expression, its three-valued answer and the field values it used. */
export interface ExplainNode {
  text: string;
  value: true | false | 'error' | null;
  fields: { name: string; value: string }[];
  boundary: string | null;
  children: ExplainNode[];
}
export const explainNode: z.ZodType<ExplainNode> = z.lazy(() =>
  z.object({
    text: z.string(),
    value: z.union([z.boolean(), z.literal('error')]).nullable(),
    fields: z.array(z.object({ name: z.string(), value: z.string() })),
    boundary: z.string().nullable(),
    children: z.array(explainNode),
  }),
);

export const explanation = z.object({
  audience: z.string(),
  userId: z.string(),
  member: z.boolean(),
  enteredAt: instantText.nullable(),
  tree: explainNode.nullable(),
  nextFlip: z.string().nullable(),
  lastChange: z.object({ event: z.string(), at: instantText, cause: z.string() }).nullable(),
});
export type Explanation = z.infer<typeof explanation>;

export const audienceCalls = {
  import: call(
    z.object({ path: filePath }),
    z.object({ created: z.int(), updated: z.int(), unchanged: z.int(), entered: z.int(), exited: z.int() }),
  ),
  list: call(z.object({}), z.object({ rows: z.array(audienceRow) })),
  show: call(z.object({ slug: audienceRef }), audienceRow),
  explain: call(z.object({ slug: audienceRef, userId: userIdText }), explanation),
  /** Checks a rule's text without storing it; a syntax error is an answer here, so that an editor can show it in place. */
  checkRule: call(
    z.object({ text: z.string().max(1_100_000) }),
    z.discriminatedUnion('valid', [
      z.object({ valid: z.literal(true), canonical: z.string(), fields: z.array(z.string()) }),
      z.object({
        valid: z.literal(false),
        message: z.string(),
        line: z.int(),
        column: z.int(),
        found: z.string(),
        expected: z.array(z.string()),
      }),
    ]),
  ),
};
