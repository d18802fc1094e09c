import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CirclePlay,
  CircleX,
  Unplug,
} from 'lucide-react';
import type { RunState } from '../../preload/contract/run.ts';

const looks: Record<RunState, { icon: typeof Ban; tone: string; words: string }> = {
  planned: { icon: CircleDashed, tone: 'neutral', words: 'planned' },
  running: { icon: CirclePlay, tone: 'active', words: 'running' },
  paused: { icon: CirclePause, tone: 'warning', words: 'paused' },
  interrupted: { icon: Unplug, tone: 'warning', words: 'interrupted' },
  completed: { icon: CircleCheck, tone: 'good', words: 'completed' },
  completed_with_errors: { icon: CircleAlert, tone: 'warning', words: 'completed with errors' },
  cancelled: { icon: Ban, tone: 'neutral', words: 'cancelled' },
  failed: { icon: CircleX, tone: 'bad', words: 'failed' },
};

/** A run's state in icon and words. */
export function StateBadge({ state }: { state: RunState }) {
  const { icon: Icon, tone, words } = looks[state];
  return (
    <span className={`badge state ${tone}`}>
      <Icon aria-hidden size={13} />
      {words}
    </span>
  );
}
