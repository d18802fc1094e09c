import { useSyncExternalStore } from 'react';
import { ago, instant } from './format.ts';

const TICK_MS = 20_000;

function onTick(changed: () => void): () => void {
  const timer = setInterval(changed, TICK_MS);
  return () => clearInterval(timer);
}

const thisTick = () => Math.floor(Date.now() / TICK_MS) * TICK_MS;

/** An instant to the second, in UTC; its tooltip has it as it is stored, to the nanosecond. */
export function Moment({ at }: { at: string | null }) {
  if (at === null) return <span className="muted">–</span>;
  return (
    <time dateTime={at} title={at}>
      {instant(at)}
    </time>
  );
}

/** An instant of the computer's own clock, and how long ago it was; the words follow the time. */
export function RecentMoment({ at }: { at: string }) {
  const now = useSyncExternalStore(onTick, thisTick);
  return (
    <>
      <Moment at={at} /> <span className="muted">{ago(at, now)}</span>
    </>
  );
}
