import { useEffect, useState } from 'react';
import type { EngineState } from '../../preload/contract/events.ts';
import { listen } from '../bridge.ts';
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

/** Says so while the engine does not run; messages of failed starts carry their code. */
export function EngineBanner() {
  const [state, setState] = useState<EngineState | null>(null);
  useEffect(() => listen('engineState', setState), []);
  const banner = bannerOf(state);
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
    </div>
  );
}
