import { useEffect, useState } from 'react';
import type { EngineState } from '../../preload/contract/events.ts';
import { listen } from '../bridge.ts';
import { Button } from '../ui/controls.tsx';
import { Notice } from '../ui/notice.tsx';

const words: Record<EngineState['state'], string | null> = {
  starting: 'Engine starting',
  running: null,
  not_responding: 'Engine not responding',
  restarting: 'Engine restarting',
  stopped: 'Engine stopped',
};

/** What the banner says for a state of the engine; null while there is nothing to say. */
export function bannerOf(
  state: EngineState | null,
): { tone: 'info' | 'warning' | 'error'; title: string } | null {
  const title = state && words[state.state];
  if (state === null || title === null) return null;
  const tone = state.state === 'stopped' ? 'error' : state.state === 'starting' ? 'info' : 'warning';
  return { tone, title };
}

/** Says so while the engine does not run, and, until that was read, what was cut off; messages of failed starts carry their code. */
export function EngineBanner() {
  const [state, setState] = useState<EngineState | null>(null);
  const [read, setRead] = useState(0);
  useEffect(() => listen('engineState', setState), []);
  const banner = bannerOf(state);
  const takenBack = state?.takenBack ?? [];
  return (
    <div className="banner" aria-live="assertive">
      {banner === null ? null : (
        <Notice tone={banner.tone} title={banner.title}>
          {state?.error ? (
            <p>
              <code>{state.error.code}</code> {state.error.message}
            </p>
          ) : null}
          {state?.message && state.message !== state.error?.message ? <p>{state.message}</p> : null}
        </Notice>
      )}
      {takenBack.length > read ? (
        <Notice tone="warning" title="Cut off when Segue ended">
          {takenBack.slice(read).map((line) => (
            <p key={line}>{line}</p>
          ))}
          <Button small onClick={() => setRead(takenBack.length)}>
            Dismiss
          </Button>
        </Notice>
      ) : null}
    </div>
  );
}
