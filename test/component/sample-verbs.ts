import type { AudienceRow } from '../../preload/contract/audience.ts';
import type { ChangeRow } from '../../preload/contract/history.ts';
import type { Workflow } from '../../preload/contract/workflow.ts';
import { type FakeVerbs, Refusal } from './fake-bridge.ts';
import { BODY, detailOf, keptForEver, planOf, previewOf, runOf, workflowOf } from './sample-rows.ts';

const audiences: AudienceRow[] = [
  [
    'at_risk_to_churn',
    'At risk to churn',
    'rule',
    'AND (last_login < "now-7d", NOT unsubscribed = true)',
    214,
  ],
  ['big_spender', 'Big spender', 'rule', 'total_spend > 1000', 37],
  ['newsletter', 'Newsletter', 'imported', null, 5120],
].map(([slug, name, kind, filter, members], at) => ({
  id: `${at}`.repeat(32),
  slug: String(slug),
  name: String(name),
  kind: kind === 'rule' ? 'rule' : 'imported',
  filter: filter === null ? null : String(filter),
  members: Number(members),
  lastChangeAt: '2026-11-22T23:12:36.829070108Z',
}));

const users = Array.from({ length: 240 }, (_, at) => ({
  userId: `user${at + 1}`,
  bytes: 640 + at,
  summary: `email ada${at + 1}@example.com, city Köln, total_spend ${at * 13}`,
}));

const changes: ChangeRow[] = Array.from({ length: 3000 }, (_, at) => ({
  seq: 3000 - at,
  user_id: `user${(at * 7) % 240}`,
  audience: at % 3 === 0 ? 'big_spender' : 'at_risk_to_churn',
  event: at % 2 === 0 ? 'enter' : 'exit',
  at: `2026-11-${String(22 - Math.floor(at / 240)).padStart(2, '0')}T06:12:36.829070108Z`,
  enter: '2026-11-08T06:12:36.829070108Z',
  exit: at % 2 === 0 ? null : '2026-11-20T06:12:36.829070108Z',
  cause: at % 5 === 0 ? 'clock' : 'snapshot',
  batch: 14 - Math.floor(at / 240),
}));

function page<Row>(rows: readonly Row[], cursor: string | null | undefined, limit = 100) {
  const from = cursor ? Number(cursor) : 0;
  const end = from + limit;
  return { rows: rows.slice(from, end), next: end < rows.length ? String(end) : null };
}

/** A small believable workspace: three audiences, 240 users, 3,000 changes, one workflow, a run in the middle. */
export function sampleVerbs(): FakeVerbs {
  let workflows = [workflowOf()];
  return {
    workspace: {
      info: async () => ({
        dir: '/home/ops/Segue',
        keyField: 'user_id',
        schemaVersion: 5,
        profiles: 240,
        audiences: 3,
        changes: 3000,
        workflows: workflows.length,
        sizeBytes: 4_812_800,
      }),
      doctor: async () => ({
        ok: false,
        checks: [
          { name: 'Integrity', ok: true, value: 'ok', advice: null },
          {
            name: 'Keychain',
            ok: false,
            value: 'no Secret Service',
            advice: 'Install gnome-keyring or keep keys for the session.',
          },
        ],
      }),
      loadSample: async () => ({ profiles: 240, audiences: 3, changes: 3000 }),
    },
    retention: {
      show: async () => keptForEver,
    },
    clock: { show: async () => ({ mode: 'real', now: '2026-11-23T09:00:00Z', dueTimers: 0 }) },
    profile: {
      list: async ({ prefix = '', cursor, limit }) =>
        page(
          users.filter((user) => user.userId.startsWith(prefix)),
          cursor,
          limit,
        ),
      count: async () => ({ count: 240, versions: 412 }),
      fields: async () => ({ fields: ['email', 'first_name', 'last_login', 'total_spend'] }),
      show: async ({ userId }) => ({
        userId,
        text: `{"user_id":"${userId}","email":"ada@example.com","order_id":9007199254740993}`,
        bytes: 76,
        clipped: false,
        validFrom: null,
        validTo: null,
        versions: 2,
        memberships: [
          {
            audience: 'at_risk_to_churn',
            audienceId: '0'.repeat(32),
            name: 'At risk',
            enteredAt: '2026-11-20T06:12:36Z',
          },
        ],
      }),
    },
    audience: {
      list: async () => ({ rows: audiences }),
      explain: async ({ slug, userId }) => ({
        audience: slug,
        userId,
        member: true,
        enteredAt: '2026-11-20T06:12:36Z',
        nextFlip: '2026-11-27T06:12:36Z',
        lastChange: { event: 'enter', at: '2026-11-20T06:12:36Z', cause: 'clock' },
        tree: {
          text: 'AND (last_login < "now-7d", NOT unsubscribed = true)',
          value: true,
          fields: [],
          boundary: null,
          note: null,
          children: [
            {
              text: 'last_login < "now-7d"',
              value: true,
              fields: [{ name: 'last_login', value: '2026-11-13T06:12:36Z' }],
              boundary: '2026-11-20T06:12:36Z',
              note: null,
              children: [],
            },
            {
              text: 'NOT unsubscribed = true',
              value: true,
              fields: [{ name: 'unsubscribed', value: 'false' }],
              boundary: null,
              note: null,
              children: [],
            },
          ],
        },
      }),
      checkRule: async ({ text }) =>
        text.includes('(') && !text.includes(')')
          ? {
              valid: false,
              message: 'The list is not closed',
              line: 1,
              column: text.length,
              found: 'end',
              expected: [')', ','],
            }
          : { valid: true, canonical: `FILTER ${text}`, fields: ['last_login'] },
    },
    history: {
      page: async ({ cursor, limit, userId }) =>
        page(
          changes.filter((change) => userId === undefined || change.user_id === userId),
          cursor,
          limit,
        ),
      count: async () => ({ count: changes.length }),
      histogram: async () => ({
        buckets: Array.from({ length: 14 }, (_, day) => ({
          start: `2026-11-${String(day + 9).padStart(2, '0')}T00:00:00Z`,
          enter: 60 + ((day * 37) % 80),
          exit: 40 + ((day * 53) % 60),
          change: day % 4,
        })),
      }),
      recorded: async ({ seq }) => ({ body: seq % 2 === 0 ? BODY : null }),
    },
    batch: {
      list: async () => ({
        rows: [
          {
            batch: 14,
            kind: 'snapshot',
            source: 'day-14.csv',
            at: '2026-11-22T00:00:00Z',
            state: 'done',
            startedAt: '2026-11-23T08:00:00Z',
            entered: 40,
            exited: 30,
            rejected: 0,
            undoable: true,
          },
          {
            batch: 13,
            kind: 'profiles',
            source: 'profiles.ndjson',
            at: null,
            state: 'done',
            startedAt: '2026-11-23T07:00:00Z',
            entered: 0,
            exited: 0,
            rejected: 2,
            undoable: false,
          },
        ],
      }),
    },
    workflow: {
      list: async () => ({ rows: workflows }),
      show: async ({ name }) => {
        const found = workflows.find((row) => row.name === name);
        if (found === undefined) throw new Refusal('WORKFLOW_NOT_FOUND', `No workflow is named ${name}.`);
        return found;
      },
      save: async ({ workflow, previousName }) => {
        const stored = workflowOf(workflow as Partial<Workflow>);
        workflows = [...workflows.filter((row) => row.name !== (previousName ?? stored.name)), stored];
        return stored;
      },
      remove: async ({ name }) => {
        workflows = workflows.filter((row) => row.name !== name);
        return { name };
      },
    },
    message: {
      preview: async ({ draft }) =>
        previewOf({
          problems: (draft?.attributes ?? []).flatMap((attribute) =>
            attribute.field === 'phone'
              ? [
                  {
                    severity: 'warning',
                    code: 'ATTRIBUTE_MISSING',
                    message: 'The field phone has no value for this user',
                    field: 'attributes',
                    path: null,
                  },
                ]
              : [],
          ),
        }),
      send: async () => ({
        runId: 'run1',
        messageId: '5f9c2f1e-8f3a-4f0b-9f37-1f4f6d2a2f11',
        md5: '9b2cf535f27731c974343645a3985328',
        sequenceNumber: null,
        milliseconds: 12.4,
        queueUrl: 'http://127.0.0.1:9999/000000000000/triggers',
        body: BODY.replace('ada@', 'eve@'),
        bytes: 1204,
        attributes: [],
        problems: [],
      }),
    },
    run: {
      plan: async () => planOf(),
      start: async () => runOf(),
      list: async () => ({
        rows: [
          runOf(),
          runOf({ id: 'run0', state: 'completed_with_errors', sent: 1997, pending: 0 }),
          runOf({
            id: 'run-1',
            kind: 'test',
            state: 'completed',
            planned: 1,
            sent: 1,
            parked: 0,
            pending: 0,
          }),
        ],
        next: null,
      }),
      show: async ({ id }) => detailOf(runOf({ id })),
      pause: async ({ id }) => runOf({ id, state: 'paused' }),
      resume: async ({ id }) => runOf({ id }),
      cancel: async ({ id }) => runOf({ id, state: 'cancelled' }),
      setRate: async ({ id, rate }) => runOf({ id, rate }),
      ofChange: async () => ({
        rows: [
          {
            id: 'run1',
            workflow: 'At risk to SQS',
            kind: 'replay',
            dryRun: false,
            createdAt: '2026-11-23T09:00:00Z',
            n: 12,
            state: 'sent',
          },
        ],
      }),
      messages: async ({ cursor, limit }) =>
        page(
          Array.from({ length: 400 }, (_, n) => ({
            n: n + 1,
            userId: `user${n + 1}`,
            at: '2026-11-20T06:12:36.829070108Z',
            state: n % 90 === 7 ? ('parked' as const) : ('sent' as const),
            attempts: 1,
            messageId: `m${n}`,
            possibleDuplicate: false,
            errorCode: n % 90 === 7 ? 'InvalidMessageContents' : null,
            errorMessage: n % 90 === 7 ? 'A character that SQS refuses' : null,
          })),
          cursor,
          limit,
        ),
      message: async ({ n }) => ({
        n,
        userId: `user${n}`,
        at: '2026-11-20T06:12:36.829070108Z',
        state: 'sent',
        attempts: 1,
        messageId: `m${n}`,
        possibleDuplicate: false,
        errorCode: null,
        errorMessage: null,
        body: BODY,
        bytes: 1204,
        attributes: [],
      }),
    },
    sandbox: {
      status: async () => ({
        endpoint: 'http://127.0.0.1:9999',
        queues: [
          {
            name: 'triggers',
            url: 'http://127.0.0.1:9999/000000000000/triggers',
            fifo: false,
            visible: 3,
            inFlight: 0,
            delayed: 0,
            received: 3,
          },
        ],
        faults: null,
      }),
      messages: async () => ({
        rows: ['a', 'b', 'c'].map((messageId) => ({
          messageId,
          sentAt: '2026-11-23T09:00:00Z',
          bytes: 1204,
          excerpt: BODY.slice(0, 120),
          trigger: { userId: 'user1', events: [{ audience: 'at_risk_to_churn', event: 'exit' as const }] },
          state: 'visible' as const,
          receiveCount: 0,
        })),
        next: null,
      }),
      message: async ({ messageId }) => ({
        messageId,
        sentAt: '2026-11-23T09:00:00Z',
        bytes: 1204,
        excerpt: BODY.slice(0, 120),
        trigger: null,
        state: 'visible',
        receiveCount: 0,
        body: BODY,
        attributes: [{ name: 'email', type: 'String', value: 'ada@example.com' }],
      }),
    },
    app: {
      copyText: async () => ({}),
      info: async () => ({
        version: '0.1.0',
        electron: '45.4.1',
        chrome: '152',
        node: '24',
        platform: 'linux x64',
        workspace: '/home/ops/Segue',
        fallbackRuntime: true,
      }),
      chooseFile: async () => ({ path: '/data/day-15.csv' }),
    },
    authorization: {
      list: async () => ({
        rows: [
          {
            name: 'ops',
            accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
            description: 'Operations',
            createdAt: '2026-11-23T08:00:00Z',
            storage: 'keychain',
          },
        ],
        keychain: { available: true, reason: null },
      }),
      add: async ({ name, accessKeyId, description = '', sessionOnly }) => ({
        name,
        accessKeyId,
        description,
        createdAt: '2026-11-23T09:00:00Z',
        storage: sessionOnly ? 'session' : 'keychain',
      }),
    },
  };
}
