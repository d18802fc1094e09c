import { z } from 'zod';
import { call } from './call.ts';
import { audienceRef, changeCause, eventKind, filePath, instantText, jobId, userIdText } from './values.ts';

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
  /** Why there is no answer, where that is known: an INCLUDE that cannot be resolved. */
  note: string | null;
  children: ExplainNode[];
}
export const explainNode: z.ZodType<ExplainNode> = z.lazy(() =>
  z.object({
    text: z.string(),
    value: z.union([z.boolean(), z.literal('error')]).nullable(),
    fields: z.array(z.object({ name: z.string(), value: z.string() })),
    boundary: z.string().nullable(),
    note: z.string().nullable(),
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
  lastChange: z.object({ event: eventKind, at: instantText, cause: changeCause }).nullable(),
});
export type Explanation = z.infer<typeof explanation>;

/** The text of a rule; a little over 1 MB, so that a text of that size gets an answer about its own faults. */
const ruleText = z.string().max(1_100_000);

/** Something in a rule that is no error, but hardly meant: an unknown field, function or audience. */
export const ruleWarning = z.object({
  message: z.string(),
  name: z.string(),
  /** A known name that is close. */
  suggestion: z.string().nullable(),
  line: z.int(),
  column: z.int(),
});
export type RuleWarning = z.infer<typeof ruleWarning>;

/** How many users, and up to ten of them. */
export const userGroup = z.object({ count: z.int(), users: z.array(z.string()) });
export type UserGroup = z.infer<typeof userGroup>;

export const rulePreview = z.object({
  mode: z.enum(['sample', 'exact']),
  /** Profiles that were evaluated, of `total`. All counts are of these. */
  looked: z.int(),
  total: z.int(),
  matching: userGroup,
  notMatching: userGroup,
  /** How many of those that do not match have no answer (an operator that does not fit the value, an unknown name). */
  unanswered: z.int(),
  /** Against the present members of the named audience; null when none was named. */
  entering: userGroup.nullable(),
  leaving: userGroup.nullable(),
  warnings: z.array(ruleWarning),
});
export type RulePreview = z.infer<typeof rulePreview>;

export const audienceCalls = {
  import: call(
    z.object({ path: filePath }),
    z.object({
      created: z.int(),
      updated: z.int(),
      unchanged: z.int(),
      entered: z.int(),
      exited: z.int(),
      /** Of the rules that the file has, 500 at most. */
      warnings: z.array(ruleWarning.extend({ audience: audienceRef })),
    }),
  ),
  list: call(z.object({}), z.object({ rows: z.array(audienceRow) })),
  show: call(z.object({ slug: audienceRef }), audienceRow),
  explain: call(z.object({ slug: audienceRef, userId: userIdText }), explanation),
  /** Checks a rule's text without storing it; a syntax error is an answer here, so that an editor can show it in place. */
  checkRule: call(
    z.object({ text: ruleText }),
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
  /**
   * What a rule would do if it were saved now: who matches, and who would enter and leave the audience `slug` (which need
   * not exist). Changes nothing. `sample` evaluates about a thousand profiles spread over the store. Throws RULE_SYNTAX.
   */
  previewRule: call(
    z.object({
      text: ruleText,
      slug: audienceRef.optional(),
      mode: z.enum(['sample', 'exact']).default('exact'),
      jobId,
    }),
    rulePreview,
  ),
  /**
   * Creates or changes one audience and evaluates every profile by it; `filter` null makes it an imported one. Without a
   * name a present one is kept. The counts are of all audiences, since others may include this one.
   */
  saveRule: call(
    z.object({
      slug: audienceRef,
      name: z.string().min(1).max(500).optional(),
      filter: ruleText.nullable(),
      jobId,
    }),
    z.object({
      outcome: z.enum(['created', 'updated', 'unchanged']),
      entered: z.int(),
      exited: z.int(),
      warnings: z.array(ruleWarning),
    }),
  ),
  /** What an editor of rules completes beside fields and audiences. */
  language: call(z.object({}), z.object({ functions: z.array(z.string()) })),
};
