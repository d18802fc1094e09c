import type { z } from 'zod';
import type { historyFilter } from '../../preload/contract/history.ts';
import { changeCause, eventKind } from '../../preload/contract/values.ts';
import { completeInstant } from '../ui/format.ts';

/** The filters of the history as they are typed and chosen. */
export interface HistoryForm {
  readonly from: string;
  readonly to: string;
  readonly audience: string;
  readonly event: string;
  readonly cause: string;
  readonly userId: string;
}

export const noFilter: HistoryForm = { from: '', to: '', audience: '', event: '', cause: '', userId: '' };

/** The filter of the call; a time that is not complete yet does not narrow. */
export function readHistoryForm(form: HistoryForm): z.input<typeof historyFilter> {
  const from = completeInstant(form.from);
  const to = completeInstant(form.to);
  const event = eventKind.safeParse(form.event);
  const cause = changeCause.safeParse(form.cause);
  const userId = form.userId.trim();
  return {
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
    ...(form.audience === '' ? {} : { audiences: [form.audience] }),
    ...(event.success ? { event: event.data } : {}),
    ...(cause.success ? { cause: cause.data } : {}),
    ...(userId === '' ? {} : { userId }),
  };
}

/** What is wrong with a time field; nothing for an empty one. */
export function timeError(text: string): string | undefined {
  return text.trim() === '' || completeInstant(text) !== null ? undefined : 'A time such as 2026-11-23 09:00';
}
