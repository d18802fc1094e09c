import { useMutation } from '@tanstack/react-query';
import { ChevronLeft } from 'lucide-react';
import { useState } from 'react';
import type { Plan, RunRequest } from '../../preload/contract/run.ts';
import type { Workflow } from '../../preload/contract/workflow.ts';
import { api, describeError } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { guarded } from '../shell/guard.ts';
import { useNavigation } from '../shell/navigation.ts';
import { Button } from '../ui/controls.tsx';
import { EnvironmentBadge } from '../ui/environment-badge.tsx';
import { plural } from '../ui/format.ts';
import { ErrorNotice, ReadFailed } from '../ui/notice.tsx';
import { ChooseStep } from './choose-step.tsx';
import { planSeconds, rangeWords } from './eta.ts';
import { PlanStep } from './plan-step.tsx';
import { rememberQueue } from './queue-facts.ts';
import { initialReplay, type ReplayForm, startWords } from './request.ts';
import './replay.css';

const steps = ['Choose', 'Plan', 'Confirm', 'Run'] as const;

function Steps({ at }: { at: number }) {
  return (
    <ol className="steps" aria-label="Steps">
      {steps.map((step, index) => (
        <li
          key={step}
          aria-current={index === at ? 'step' : undefined}
          className={index < at ? 'done' : undefined}
        >
          {step}
        </li>
      ))}
    </ol>
  );
}

interface ConfirmStepProps {
  workflow: Workflow;
  request: RunRequest;
  plan: Plan;
  onBack: () => void;
}

/** The third step: one sentence of what will happen, and the button that makes it happen. */
function ConfirmStep({ workflow, request, plan, onBack }: ConfirmStepProps) {
  const go = useNavigation((state) => state.go);
  const { dryRun } = request.options;
  const what = `${plural(plan.messages, 'message')} ${dryRun ? 'are built for' : 'go to'} ${plan.queueUrl}.`;
  const start = useMutation({
    mutationFn: () => {
      // A dry run reaches no queue, so that only the engine itself may still ask for the name.
      const environment = dryRun ? 'sandbox' : workflow.environment;
      const target = { workflow: workflow.name, environment, what };
      return guarded(target, (guards) => api.run.start({ ...request, ...guards }));
    },
    onSuccess: (row) => go({ name: 'run', id: row.id }),
  });
  const failed = start.error !== null && describeError(start.error).code !== 'CANCELLED';
  return (
    <section className="confirm card" aria-label="Confirm">
      <h2>
        {what} <EnvironmentBadge environment={workflow.environment} />
      </h2>
      <ul>
        <li>
          {request.options.rate === null ? 'No rate limit' : `${request.options.rate} messages per second`}
          {`, ${rangeWords(planSeconds(plan, request.options))} expected`}
        </li>
        <li>At most {request.options.concurrency} requests in flight</li>
        <li>
          {request.options.stopAfter === null
            ? 'Failures do not stop the run; they are parked and counted'
            : `The run stops after ${plural(request.options.stopAfter, 'failure')}`}
        </li>
        {dryRun ? <li>Dry run: no request is made</li> : <li>Messages that reached the queue stay sent</li>}
      </ul>
      {failed ? <ErrorNotice error={start.error} /> : null}
      <footer className="row end">
        <Button onClick={onBack}>Back</Button>
        <Button
          variant={workflow.environment === 'production' && !dryRun ? 'danger' : 'primary'}
          disabled={start.isPending}
          onClick={() => start.mutate()}
        >
          {startWords(request)}
        </Button>
      </footer>
    </section>
  );
}

function Wizard({ workflow }: { workflow: Workflow }) {
  const [form, setForm] = useState<ReplayForm>(initialReplay);
  const [confirming, setConfirming] = useState(false);
  const plan = useMutation({
    mutationFn: (request: RunRequest) => api.run.plan(request),
    onSuccess: rememberQueue,
  });
  const at = plan.data === undefined ? (plan.isPending ? 1 : 0) : confirming ? 2 : 1;
  return (
    <>
      <Steps at={at} />
      {at === 0 ? (
        <>
          {plan.error ? <ErrorNotice error={plan.error} /> : null}
          <ChooseStep workflow={workflow} form={form} onChange={setForm} onPlan={plan.mutate} />
        </>
      ) : null}
      {plan.isPending ? <p role="status">Planning; nothing is sent.</p> : null}
      {at === 1 && plan.data && plan.variables ? (
        <PlanStep
          plan={plan.data}
          request={plan.variables}
          onBack={plan.reset}
          onNext={() => setConfirming(true)}
        />
      ) : null}
      {at === 2 && plan.data && plan.variables ? (
        <ConfirmStep
          workflow={workflow}
          request={plan.variables}
          plan={plan.data}
          onBack={() => setConfirming(false)}
        />
      ) : null}
    </>
  );
}

/** A replay or backfill of a workflow in four steps: choose, plan, confirm, run. The last one is the run's own page. */
export function ReplayView({ name }: { name: string }) {
  const workflow = useAnswer('workflow', 'show', { name });
  const openWorkflow = useNavigation((state) => state.openWorkflow);
  return (
    <div className="view replay">
      <div className="view-head">
        <Button small variant="quiet" onClick={() => openWorkflow(name)}>
          <ChevronLeft aria-hidden size={14} /> Back to the workflow
        </Button>
        <h1>Replay {name}</h1>
      </div>
      <ReadFailed read={workflow} />
      {workflow.data ? <Wizard key={name} workflow={workflow.data} /> : null}
    </div>
  );
}
