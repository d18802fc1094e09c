import type { Problem } from '../../../preload/contract/message.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import { SegueError } from '../core/errors.ts';
import { checkSchema } from '../message/contract-check.ts';
import { checkAttributeCount, checkAttributeName } from '../message/limits.ts';
import { DEDUP_ATTRIBUTE } from '../message/prepare.ts';
import { errorProblem, warningProblem } from '../message/problem.ts';
import { didYouMean } from './did-you-mean.ts';
import { parseQueueUrl, type QueueUrl, requireRegion } from './queue-url.ts';

/** What the workspace knows that a workflow refers to. */
export interface KnownThings {
  readonly audiences: readonly { readonly slug: string; readonly hexId: string }[];
  /** False for a host outside AWS that nobody has confirmed yet. */
  readonly isHostTrusted: (url: QueueUrl) => boolean;
}

/** What is wrong with a workflow by itself, each with the form field it belongs to; errors keep it from sending. */
export function workflowProblems(workflow: Workflow, known: KnownThings): Problem[] {
  return [
    ...queueProblems(workflow, known),
    ...audienceProblems(workflow, known),
    ...attributeProblems(workflow),
    ...(workflow.schema === null ? [] : checkSchema(workflow.schema)),
  ];
}

function queueProblems(workflow: Workflow, known: KnownThings): Problem[] {
  if (workflow.queueUrl === '') {
    return [errorProblem('QUEUE_MISSING', 'No queue selected.', { field: 'queueUrl' })];
  }
  let url: QueueUrl;
  try {
    url = parseQueueUrl(workflow.queueUrl);
    requireRegion(url, workflow.region);
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    const mismatch = error.code === 'REGION_MISMATCH';
    return [
      errorProblem(mismatch ? error.code : 'QUEUE_URL', error.message, {
        field: mismatch ? 'region' : 'queueUrl',
      }),
    ];
  }
  const problems: Problem[] = [];
  if (!known.isHostTrusted(url) && url.kind === 'custom') {
    problems.push(
      warningProblem(
        'ENDPOINT_UNCONFIRMED',
        `${url.host} is not a host of AWS. It must be confirmed once before anything is sent there.`,
        { field: 'queueUrl' },
      ),
    );
  }
  if (url.kind === 'aws' && workflow.authorization === null) {
    problems.push(
      warningProblem('AUTHORIZATION_MISSING', 'No authorization selected.', { field: 'authorization' }),
    );
  }
  if (url.fifo && workflow.groupIdField === null) {
    problems.push(
      warningProblem(
        'GROUP_FIELD_DEFAULT',
        'The FIFO queue needs a group and no group field is chosen: each user is a group of its own, in order.',
        { field: 'groupIdField' },
      ),
    );
  }
  if (url.fifo && workflow.dedupAttribute) {
    problems.push(
      warningProblem(
        'DEDUP_ATTRIBUTE_FIFO',
        'A FIFO queue takes the dedup id itself, so it does not ride as an attribute.',
        { field: 'dedupAttribute' },
      ),
    );
  }
  return problems;
}

function audienceProblems({ audiences }: Workflow, known: KnownThings): Problem[] {
  if (audiences.length === 0) {
    return [errorProblem('AUDIENCES_MISSING', 'No audience selected.', { field: 'audiences' })];
  }
  const refs = new Set(known.audiences.flatMap(({ slug, hexId }) => [slug, hexId]));
  const slugs = known.audiences.map(({ slug }) => slug);
  return audiences.flatMap((ref, n) =>
    refs.has(ref)
      ? []
      : [
          errorProblem('AUDIENCE_UNKNOWN', `There is no audience "${ref}".${didYouMean(ref, slugs)}`, {
            field: `audiences.${n}`,
          }),
        ],
  );
}

function attributeProblems({ attributes, dedupAttribute, queueUrl }: Workflow): Problem[] {
  const names = attributes.map(({ field, name = field }) => name);
  const rides = dedupAttribute && !queueUrl.endsWith('.fifo');
  const problems = checkAttributeCount(names.length + (rides ? 1 : 0));
  for (const [n, name] of names.entries()) {
    const place = { field: `attributes.${n}` };
    problems.push(...checkAttributeName(name, place));
    if (names.indexOf(name) < n || (rides && name === DEDUP_ATTRIBUTE)) {
      problems.push(
        errorProblem(
          'ATTRIBUTE_DUPLICATE',
          `Two attributes are named "${name.slice(0, 60)}". Give one of them another name.`,
          place,
        ),
      );
    }
  }
  return problems;
}
