import type { z } from 'zod';
import { type RunRequest, runRequest } from '../../preload/contract/run.ts';
import type { ChangeCause, EventKind } from '../../preload/contract/values.ts';
import type { Workflow } from '../../preload/contract/workflow.ts';
import { completeInstant } from '../ui/format.ts';

/** The first step of a replay as it is typed; times and numbers are text until they are read. */
export interface ReplayForm {
  readonly kind: 'replay' | 'backfill';
  readonly from: string;
  readonly to: string;
  readonly audiences: readonly string[];
  readonly event: EventKind | '';
  readonly userId: string;
  readonly cause: ChangeCause | '';
  /** The number of an import, as text; empty for all. */
  readonly batch: string;
  /** What earlier runs made of the changes: no matter, `not-sent`, or the id of the run in which they failed. */
  readonly earlier: string;
  readonly profile: 'as-of' | 'current';
  readonly rate: string;
  readonly concurrency: string;
  readonly max: string;
  readonly stopAfter: string;
  readonly dryRun: boolean;
  /** A message that breaks the consumer's schema is parked instead of sent. */
  readonly requireValid: boolean;
}

/** The choice of changes that the workflow has not sent to its queue yet. */
export const NOT_SENT = 'not-sent';

export const initialReplay: ReplayForm = {
  kind: 'replay',
  from: '',
  to: '',
  audiences: [],
  event: '',
  userId: '',
  cause: '',
  batch: '',
  earlier: '',
  profile: 'as-of',
  rate: '',
  concurrency: '16',
  max: '',
  stopAfter: '',
  dryRun: false,
  requireValid: false,
};

/** The fields that can carry an error. */
export type ReplayField =
  | 'from'
  | 'to'
  | 'rate'
  | 'concurrency'
  | 'max'
  | 'stopAfter'
  | 'audiences'
  | 'userId';
export type ReplayErrors = Partial<Record<ReplayField, string>>;

/** What a group of the first step's fields needs. */
export interface FieldsProps {
  readonly workflow: Workflow;
  readonly form: ReplayForm;
  readonly errors: ReplayErrors;
  readonly set: (part: Partial<ReplayForm>) => void;
}

type Options = NonNullable<z.input<typeof runRequest>['options']>;

const numberOf = (text: string) => (text.trim() === '' ? null : Number(text));

const reasons: Partial<Record<ReplayField, string>> = {
  rate: 'A number above 0 and at most 100000, or nothing for no limit',
  concurrency: 'A whole number from 1 to 256',
  max: 'A whole number above 0, or nothing for no maximum',
  stopAfter: 'A whole number above 0, or nothing',
};

function isField(name: PropertyKey | undefined): name is ReplayField {
  return (
    typeof name === 'string' && (name in reasons || ['from', 'to', 'audiences', 'userId'].includes(name))
  );
}

function readTime(text: string, field: 'from' | 'to', errors: ReplayErrors): string | undefined {
  if (text.trim() === '') return undefined;
  const instant = completeInstant(text);
  if (instant === null) errors[field] = 'A time such as 2026-11-23 or 2026-11-23T09:00:00Z';
  return instant ?? undefined;
}

/**
 * The request that a filled-in first step stands for, checked by the contract's own schema, or the errors by field. A
 * backfill sends everyone who is in the audiences now, so it has neither period, event nor the profile of that time.
 */
export function readReplay(
  form: ReplayForm,
  workflow: string,
): { request: RunRequest } | { errors: ReplayErrors } {
  const errors: ReplayErrors = {};
  const replay = form.kind === 'replay';
  const from = replay ? readTime(form.from, 'from', errors) : undefined;
  const to = replay ? readTime(form.to, 'to', errors) : undefined;
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
    errors.to = 'The end of the period is not after its beginning';
  }
  const options: Options = {
    rate: numberOf(form.rate),
    // An empty field is no number, which the schema then refuses with the reason of the field.
    concurrency: numberOf(form.concurrency) ?? Number.NaN,
    profile: replay ? form.profile : 'current',
    dryRun: form.dryRun,
    requireValid: form.requireValid,
    max: numberOf(form.max),
    stopAfter: numberOf(form.stopAfter),
  };
  const userId = form.userId.trim();
  const selection = {
    audiences: [...form.audiences],
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(replay && form.event !== '' ? { event: form.event } : {}),
    ...(replay && form.cause !== '' ? { cause: form.cause } : {}),
    ...(replay && form.batch !== '' ? { batch: Number(form.batch) } : {}),
    ...(replay ? earlierRuns(form.earlier) : {}),
    ...(userId === '' ? {} : { userId }),
  };
  const parsed = runRequest.safeParse({ workflow, kind: form.kind, selection, options });
  for (const issue of parsed.error?.issues ?? []) {
    const field = issue.path.find(isField);
    if (field !== undefined) errors[field] ??= reasons[field] ?? issue.message;
  }
  if (parsed.success && Object.keys(errors).length === 0) return { request: parsed.data };
  return { errors };
}

/** What the choice of earlier runs narrows the selection to. */
function earlierRuns(
  earlier: string,
): Pick<z.input<typeof runRequest.shape.selection> & object, 'notSent' | 'failedIn'> {
  if (earlier === '') return {};
  return earlier === NOT_SENT ? { notSent: true } : { failedIn: earlier };
}

/** What a button says that starts the run. */
export function startWords(request: RunRequest): 'Start dry run' | 'Start backfill' | 'Start replay' {
  if (request.options.dryRun) return 'Start dry run';
  return request.kind === 'backfill' ? 'Start backfill' : 'Start replay';
}
