import type { Plan, RunOptions, RunRequest } from '../../preload/contract/run.ts';
import { ExportBundle } from '../bundle/export-bundle.tsx';
import { AttributesTable } from '../message/attributes-table.tsx';
import { MessageBody } from '../message/message-body.tsx';
import { ProblemList } from '../message/problem-list.tsx';
import { Button } from '../ui/controls.tsx';
import { Facts } from '../ui/facts.tsx';
import { byteSize, count, dollars, instant, plural } from '../ui/format.ts';
import { Histogram } from '../ui/histogram.tsx';
import { Notice } from '../ui/notice.tsx';
import { ByAudience } from './by-audience.tsx';
import { planSeconds, rangeWords } from './eta.ts';
import { depthOfQueue, encryptionOfQueue, kindOfQueue } from './queue-facts.ts';
import '../message/message.css';

interface PlanStepProps {
  plan: Plan;
  request: RunRequest;
  onBack: () => void;
  onNext: () => void;
}

function PlanFacts({ plan, options }: { plan: Plan; options: RunOptions }) {
  const facts: [string, string][] = [
    ['Messages', count(plan.messages)],
    ['Changes', count(plan.changes)],
    ['Size', byteSize(plan.bytes)],
    ['Requests', count(plan.requests)],
    ['Cost at list price', dollars(plan.costUsd)],
    ['Expected time', rangeWords(planSeconds(plan, options))],
    ['Cannot be sent', count(plan.invalid)],
    ['Without a profile', count(plan.withoutProfile)],
  ];
  return <Facts label="Plan" facts={facts} />;
}

/** The problems of a plan with how often each occurs and for whom. */
function planProblems(plan: Plan) {
  return plan.problems.map(({ count: times, example, ...problem }) => ({
    ...problem,
    message: `${problem.message} (${plural(times, 'message')}${example ? `, for example ${example}` : ''})`,
  }));
}

/** The second step: what the run would send. */
export function PlanStep({ plan, request, onBack, onNext }: PlanStepProps) {
  const { options } = request;
  return (
    <section aria-label="Plan">
      <PlanFacts plan={plan} options={options} />
      {plan.first === null ? null : (
        <p className="hint">
          From {instant(plan.first)} to {instant(plan.last)} (UTC). The expected time is for requests of 15 to
          120 ms{options.rate === null ? '' : `, at ${options.rate} messages per second`}.
        </p>
      )}
      <p className="hint">
        The queue is {kindOfQueue(plan.queue)}, {encryptionOfQueue(plan.queue)}, takes up to{' '}
        {count(plan.queue.maximumMessageBytes)} bytes a message; {depthOfQueue(plan.queue)}.
      </p>
      {plan.exceedsMax ? (
        <Notice tone="warning" title="More than the maximum">
          <p>The selection holds more messages than the maximum of this run.</p>
        </Notice>
      ) : null}
      {plan.messages === 0 ? (
        <Notice title="Nothing to send">
          <p>No change of the workflow's audiences matches the selection.</p>
        </Notice>
      ) : null}
      <ProblemList problems={planProblems(plan)} />
      <Histogram
        title="Messages by day"
        bars={plan.byDay.map(({ day, messages }) => ({
          label: day,
          parts: [{ kind: 'messages', value: messages }],
        }))}
      />
      <ByAudience rows={plan.byAudience} />
      {plan.samples.map((sample, at) => (
        <details className="card" key={`${sample.bytes} ${sample.body}`}>
          <summary>
            Sample {at + 1} · {count(sample.bytes)} bytes
          </summary>
          <MessageBody label={`Body of sample ${at + 1}`} body={sample.body} />
          <AttributesTable attributes={sample.attributes} />
        </details>
      ))}
      <footer className="row end">
        {plan.messages === 0 ? null : <ExportBundle request={request} />}
        <span className="spacer" />
        <Button onClick={onBack}>Back</Button>
        <Button variant="primary" disabled={plan.messages === 0} onClick={onNext}>
          Continue
        </Button>
      </footer>
    </section>
  );
}
