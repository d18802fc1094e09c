import type { Plan, QueueFacts, RunRow } from '../../preload/contract/run.ts';
import { count } from '../engine/core/count.ts';

/** How a run stands, for a person. */
export function runLines(run: RunRow): string[] {
  return [
    `Run ${run.id}: ${run.state}${run.reason === null ? '' : ` (${run.reason})`}`,
    `${count(run.sent)} of ${count(run.planned)} messages sent${run.dryRun ? ' (dry run: none left this machine)' : ''}, ` +
      `${count(run.parked)} parked, ${count(run.failed)} failed, ${count(run.pending)} left, ${count(run.possibleDuplicates)} possibly twice`,
    `${run.seconds.toFixed(1)} s, ${count(Math.round(run.messagesPerSecond))} messages/s, ${count(run.retries)} retries`,
  ];
}

function queueLine({
  fifo,
  contentBasedDeduplication,
  maximumMessageBytes,
  encryption,
  depth,
}: QueueFacts): string {
  return [
    `Queue: ${fifo ? 'FIFO' : 'standard'}`,
    ...(contentBasedDeduplication ? ['drops equal bodies (content-based deduplication)'] : []),
    `up to ${count(maximumMessageBytes)} bytes a message`,
    `encryption ${encryption}`,
    depth === null ? 'not asked how many messages it holds' : `about ${count(depth)} messages in it`,
  ].join(', ');
}

/** A plan in the order in which a person decides. */
export function planLines(plan: Plan): string[] {
  return [
    `${count(plan.messages)} messages from ${count(plan.changes)} changes, ${count(plan.bytes)} bytes, to ${plan.queueUrl} (${plan.environment})`,
    queueLine(plan.queue),
    plan.first === null
      ? 'The selection is empty: nothing would be sent.'
      : `From ${plan.first} to ${plan.last}`,
    `${count(plan.requests)} requests, $${plan.costUsd.toFixed(4)} at list price` +
      (plan.seconds === null ? '' : `, ${plan.seconds.toFixed(0)} s at the chosen rate`),
    ...plan.byDay.map(({ day, messages }) => `  ${day}  ${count(messages)}`),
    ...plan.byAudience.map(
      (row) =>
        `  ${row.audience}: ${count(row.enter)} enter, ${count(row.exit)} exit, ${count(row.change)} change`,
    ),
    ...(plan.withoutProfile === 0
      ? []
      : [`${count(plan.withoutProfile)} messages have no profile; they carry the user’s key only`]),
    ...plan.problems.map(
      (problem) => `${problem.severity}: ${count(problem.count)} × ${problem.message} [${problem.code}]`,
    ),
  ];
}
