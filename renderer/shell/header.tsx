import { environment } from '../../preload/contract/values.ts';
import { chordText, isMac } from '../actions/chord.ts';
import { runAction } from '../actions/handlers.ts';
import { findAction } from '../actions/registry.ts';
import { useAnswer } from '../data/queries.ts';
import { depthOfQueue, kindOfQueue, useQueueFacts } from '../replay/queue-facts.ts';
import { Button } from '../ui/controls.tsx';
import { EnvironmentBadge } from '../ui/environment-badge.tsx';
import { useDrafts } from '../workflow/draft-store.ts';
import { useNavigation } from './navigation.ts';
import { describeTarget, type QueueTarget } from './queue-target.ts';

/** What the header speaks of: the run that is shown, else the open workflow with its unsaved edits. */
function useTarget(): QueueTarget | null {
  const { place, workflow } = useNavigation();
  const draft = useDrafts((state) => (workflow === null ? undefined : state.drafts[workflow]?.present));
  const saved = useAnswer('workflow', 'list', {});
  const run = useAnswer(
    'run',
    'show',
    { id: place.name === 'run' ? place.id : '' },
    { enabled: place.name === 'run' },
  );
  if (place.name === 'run') {
    if (run.data === undefined) return null;
    const parsed = environment.safeParse(run.data.environment);
    return describeTarget({
      queueUrl: run.data.copy.queueUrl,
      region: run.data.copy.region,
      environment: parsed.success ? parsed.data : run.data.copy.environment,
    });
  }
  const name = place.name === 'replay' ? place.workflow : workflow;
  const row = saved.data?.rows.find((candidate) => candidate.name === name);
  const shown = place.name === 'replay' ? row : (draft ?? row);
  return shown === undefined ? null : describeTarget(shown);
}

/** The line above every view: account, region, queue and environment, and what the last plan read of the queue. */
export function Header() {
  const target = useTarget();
  const facts = useQueueFacts(({ byUrl }) => byUrl[target?.queueUrl ?? '']);
  return (
    <header className="header">
      {target === null ? (
        <p className="target">No queue selected</p>
      ) : (
        <p className="target" role="status" aria-label="Destination">
          <span title="Account">{target.account}</span>
          <span aria-hidden>·</span>
          <span title="Region">{target.region}</span>
          <span aria-hidden>·</span>
          <strong title="Queue">{target.queue}</strong>
          <span aria-hidden>·</span>
          <EnvironmentBadge environment={target.environment} />
          {facts === undefined ? null : (
            <span className="muted" title="Queue, as read by the last plan">
              {kindOfQueue(facts)}, {depthOfQueue(facts)}
            </span>
          )}
        </p>
      )}
      <Button
        small
        action="app.palette"
        aria-label="Command palette"
        onClick={() => runAction('app.palette')}
      >
        Commands <kbd aria-hidden>{chordText(findAction('app.palette')?.keys ?? '', isMac())}</kbd>
      </Button>
    </header>
  );
}
