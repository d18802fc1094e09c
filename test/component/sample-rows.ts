import type { PreviewResult } from '../../preload/contract/message.ts';
import type { RetentionState } from '../../preload/contract/retention.ts';
import type { Plan, RunDetail, RunRow } from '../../preload/contract/run.ts';
import { type Workflow, workflow as workflowSchema } from '../../preload/contract/workflow.ts';

export const SUBSCRIPTION = '7e2b8804bbe162cd3f9c0c5991bf3078';

/** A stored workflow; the parts that a test cares about are given. */
export function workflowOf(part: Partial<Workflow> = {}): Workflow {
  return workflowSchema.parse({
    name: 'At risk to SQS',
    queueUrl: 'sandbox:triggers',
    region: 'us-east-2',
    audiences: ['at_risk_to_churn'],
    attributes: [{ field: 'email' }],
    subscriptionId: SUBSCRIPTION,
    ...part,
  });
}

/** A run in the middle; the parts that a test cares about are given. */
export function runOf(part: Partial<RunRow> = {}): RunRow {
  return {
    id: 'run1',
    kind: 'replay',
    workflow: 'At risk to SQS',
    environment: 'sandbox',
    queueUrl: 'http://127.0.0.1:9999/000000000000/triggers',
    state: 'running',
    dryRun: false,
    planned: 2000,
    sent: 1200,
    failed: 0,
    parked: 3,
    pending: 797,
    possibleDuplicates: 0,
    retries: 4,
    createdAt: '2026-11-23T09:00:00Z',
    startedAt: '2026-11-23T09:00:01Z',
    endedAt: null,
    seconds: 6,
    messagesPerSecond: 200.5,
    rate: null,
    concurrency: 16,
    reason: null,
    ...part,
  };
}

export function detailOf(row: RunRow): RunDetail {
  return {
    ...row,
    copy: workflowOf({ name: row.workflow }),
    selection: { audiences: [], notSent: false },
    options: {
      rate: row.rate,
      concurrency: 16,
      profile: 'as-of',
      dryRun: row.dryRun,
      max: null,
      stopAfter: null,
      shard: null,
      requireValid: false,
    },
    errors: [{ code: 'InvalidMessageContents', message: 'A character that SQS refuses', count: 3 }],
    duplicates: [],
  };
}

/** The body keeps a number above 2^53, which a round trip through JSON.parse would change. */
export const BODY = `{"data":{"_created":"2016-06-29T18:50:16.902758229Z","email":"ada@example.com","user_id":"user123","order_id":9007199254740993,"scores":[1.50,2],"address":{"city":"Köln","geo":{}},"segment_events":[{"id":"d3d8f15855b6b067709577342fe72db9","event":"enter","enter":"2026-11-20T06:12:36.829070108Z","exit":"2099-11-20T06:12:36.829070108Z","slug":"at_risk_to_churn"}]},"meta":{"object":"user","subscription_id":"${SUBSCRIPTION}","timestamp":"2026-11-20T06:12:36.829070108Z"}}`;

export function previewOf(part: Partial<PreviewResult> = {}): PreviewResult {
  return {
    body: BODY,
    bytes: 1204,
    limitBytes: 1_048_576,
    attributes: [{ name: 'email', type: 'String', value: 'ada@example.com' }],
    problems: [],
    ...part,
  };
}

export function planOf(part: Partial<Plan> = {}): Plan {
  return {
    workflow: 'At risk to SQS',
    kind: 'replay',
    environment: 'sandbox',
    queueUrl: 'sandbox:triggers',
    queue: {
      fifo: false,
      contentBasedDeduplication: false,
      maximumMessageBytes: 262_144,
      depth: 37,
      encryption: 'kms',
    },
    messages: 1312,
    changes: 1420,
    bytes: 1_580_000,
    first: '2026-11-09T00:00:00Z',
    last: '2026-11-22T23:12:36.829070108Z',
    byDay: Array.from({ length: 14 }, (_, day) => ({
      day: `2026-11-${String(day + 9).padStart(2, '0')}`,
      messages: 60 + ((day * 37) % 80),
    })),
    byAudience: [
      { audience: 'at_risk_to_churn', enter: 700, exit: 600, change: 0 },
      { audience: 'big_spender', enter: 80, exit: 40, change: 0 },
    ],
    withoutProfile: 2,
    invalid: 1,
    problems: [
      {
        severity: 'warning',
        code: 'ATTRIBUTE_MISSING',
        message: 'The field phone has no value, so that the attribute is left out',
        field: 'attributes',
        path: null,
        count: 12,
        example: 'user7',
      },
    ],
    requests: 132,
    costUsd: 0.00005,
    seconds: 14,
    samples: [
      { body: BODY, bytes: 1204, attributes: [{ name: 'email', type: 'String', value: 'ada@example.com' }] },
    ],
    exceedsMax: false,
    ...part,
  };
}

/** Older versions that are kept for ever. */
export const keptForEver: RetentionState = {
  days: null,
  cutOff: null,
  keptFrom: null,
  heldByRun: null,
  versions: 412,
  oldestReplacedAt: '2026-10-20T06:00:00Z',
  prunable: 0,
  prunableBytes: 0,
  prunedUntil: null,
};
