import { useEffect, useState } from 'react';
import type { RulePreview } from '../../preload/contract/audience.ts';
import { api, newJobId } from '../bridge.ts';
import { orToast } from '../ui/toasts.tsx';

/** What is known so far of a rule's effect. */
export interface PreviewState {
  /** The text that it is about. */
  readonly text: string;
  readonly preview: RulePreview | null;
  /** The job of the exact count while it runs, for its progress. */
  readonly job: string | null;
  readonly error: unknown;
}

/**
 * The effect of a rule, first on a sample and then on every profile; null without a text. Another text cancels what is
 * under way; the former effect stays until there is a new one.
 */
export function useRulePreview(text: string | null, slug: string | null): PreviewState | null {
  const [state, setState] = useState<PreviewState | null>(null);
  useEffect(() => {
    if (text === null) return;
    const job = newJobId();
    let wanted = true;
    const show = (next: Omit<PreviewState, 'text'>) => {
      if (wanted) setState({ text, ...next });
    };
    const ask = (mode: 'sample' | 'exact') =>
      api.audience.previewRule({ text, mode, jobId: job, ...(slug === null ? {} : { slug }) });
    const work = async () => {
      const sample = await ask('sample');
      const complete = sample.looked === sample.total;
      show({ preview: sample, job: complete ? null : job, error: null });
      if (complete || !wanted) return;
      show({ preview: await ask('exact'), job: null, error: null });
    };
    let running = true;
    work()
      .catch((error: unknown) => show({ preview: null, job: null, error }))
      .finally(() => {
        running = false;
      });
    return () => {
      wanted = false;
      if (running) orToast(api.job.cancel({ jobId: job }));
    };
  }, [text, slug]);
  return text === null ? null : state;
}
