import { z } from 'zod';
import { call } from './call.ts';
import { audienceRef, environment, filePath, workflowName } from './values.ts';

export const attributeType = z.enum(['String', 'Number']);

/** A profile field that rides as an SQS message attribute. Name and type default to the field's own. */
export const attributeChoice = z.object({
  field: z.string().min(1),
  name: z.string().min(1).optional(),
  type: attributeType.optional(),
});
export type AttributeChoice = z.infer<typeof attributeChoice>;

const hex32 = z.string().regex(/^[0-9a-f]{32}$/, 'Expected 32 lower-case hexadecimal digits');

/**
 * A workflow, and the workflow file (DESIGN §10): what is sent where. `queueUrl` is a full queue URL, or
 * `sandbox:NAME` for a queue of the workspace's embedded sandbox, whose port differs from start to start.
 */
export const workflow = z.object({
  version: z.literal(1).default(1),
  kind: z.literal('sqs-event-hub-sink').default('sqs-event-hub-sink'),
  name: workflowName,
  environment: environment.default('sandbox'),
  authorization: z.string().max(200).nullable().default(null),
  audiences: z.array(audienceRef).default([]),
  queueUrl: z.string().max(2048).default(''),
  region: z.string().max(64).default('us-east-1'),
  attributes: z.array(attributeChoice).default([]),
  existingUsers: z.boolean().default(false),
  subscriptionId: hex32,
  exportFields: z.array(z.string().min(1)).nullable().default(null),
  events: z.enum(['both', 'enter', 'exit']).default('both'),
  timestyle: z.enum(['classic', 'modern']).default('classic'),
  changeFields: z.array(z.string().min(1)).default([]),
  messageId: z.boolean().default(false),
  segmentsAll: z.boolean().default(false),
  groupIdField: z.string().nullable().default(null),
  dedupAttribute: z.boolean().default(false),
  schema: z.record(z.string(), z.unknown()).nullable().default(null),
});
export type Workflow = z.infer<typeof workflow>;

/** The file form: `subscriptionId` may be absent, then one is made. Unknown keys are refused, so a typo is not lost. */
export const workflowFile = workflow.partial({ subscriptionId: true }).strict();

export const workflowCalls = {
  list: call(z.object({}), z.object({ rows: z.array(workflow) })),
  show: call(z.object({ name: workflowName }), workflow),
  /** Creates or replaces; `previousName` renames. Returns what was stored. */
  save: call(z.object({ workflow: workflowFile, previousName: workflowName.optional() }), workflow),
  remove: call(z.object({ name: workflowName }), z.object({ name: z.string() })),
  import: call(z.object({ path: filePath }), z.object({ imported: z.array(z.string()) })),
  export: call(z.object({ name: workflowName, out: filePath }), z.object({ file: z.string() })),
};
