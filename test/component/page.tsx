import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, configure, render } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach } from 'vitest';
import type { StoreApi } from 'zustand';
import { connectActions } from '../../renderer/actions/handlers.ts';
import { App } from '../../renderer/app.tsx';
import { useRuleDrafts } from '../../renderer/audience/rule-drafts.ts';
import { useCapture } from '../../renderer/capture/capture-store.ts';
import { createQueryClient, invalidateOnChange } from '../../renderer/data/queries.ts';
import { followJobs } from '../../renderer/import/job-store.ts';
import { useTestChoice } from '../../renderer/message/test-choice.ts';
import { useTestSend } from '../../renderer/message/test-send.ts';
import { useQueueFacts } from '../../renderer/replay/queue-facts.ts';
import { useMessageDrafts } from '../../renderer/run/message-drafts.ts';
import { followRuns, useRunProgress } from '../../renderer/run/progress-store.ts';
import { useGuard } from '../../renderer/shell/guard.ts';
import { useNavigation } from '../../renderer/shell/navigation.ts';
import { useDrafts } from '../../renderer/workflow/draft-store.ts';
import { type FakeBridge, type FakeVerbs, fakeBridge } from './fake-bridge.ts';
import { sampleVerbs } from './sample-verbs.ts';

// A machine that is busy with other tests answers later, but it does answer.
configure({ asyncUtilTimeout: 8000 });

// What the simulated page lacks: it has no layout, so that sizes, scrolling and media queries are stood in for.
const size = { configurable: true, get: () => 600 };
Object.defineProperty(Element.prototype, 'clientHeight', size);
Object.defineProperty(Element.prototype, 'clientWidth', size);
Element.prototype.scrollIntoView = () => undefined;
Element.prototype.scrollTo = () => undefined;
Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
Range.prototype.getBoundingClientRect = () => new DOMRect();
window.matchMedia = (media) =>
  Object.assign(new EventTarget(), { media, matches: false }) as unknown as MediaQueryList;
window.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
globalThis.CSS ??= { escape: (text: string) => text } as typeof CSS;

/** Brings a store back to what it was before the test. */
function reset<State>(store: StoreApi<State>): () => void {
  return () => store.setState(store.getInitialState(), true);
}

const resets = [
  reset(useDrafts),
  reset(useRuleDrafts),
  reset(useNavigation),
  reset(useGuard),
  reset(useTestChoice),
  reset(useTestSend),
  reset(useMessageDrafts),
  reset(useCapture),
  reset(useRunProgress),
  reset(useQueueFacts),
];
const stops: (() => void)[] = [];

afterEach(() => {
  cleanup();
  for (const stop of stops.splice(0)) stop();
  for (const back of resets) back();
});

/** The whole window over a fake bridge: the sample's answers, with those of a test in their place. */
export function openWindow(verbs: FakeVerbs = {}): FakeBridge & { user: ReturnType<typeof userEvent.setup> } {
  const sample = sampleVerbs();
  const merged = Object.fromEntries(
    [...new Set([...Object.keys(sample), ...Object.keys(verbs)])].map((domain) => {
      const name = domain as keyof FakeVerbs;
      return [domain, { ...sample[name], ...verbs[name] }];
    }),
  );
  const fake = fakeBridge(merged);
  Object.defineProperty(window, 'segue', { configurable: true, value: fake.bridge });
  const queries = createQueryClient();
  stops.push(connectActions(), invalidateOnChange(queries), followRuns(), followJobs());
  const user = userEvent.setup();
  render(
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>,
  );
  return { ...fake, user };
}
