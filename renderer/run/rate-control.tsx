import { type RunRow, runOptions } from '../../preload/contract/run.ts';
import { api } from '../bridge.ts';
import { OneFieldForm, type Read } from '../ui/one-field-form.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';

/** A rate as it is typed: a number of messages per second, or nothing for no limit. */
function readRate(text: string): Read<number | null> {
  const parsed = runOptions.shape.rate.safeParse(text.trim() === '' ? null : Number(text));
  return parsed.success
    ? { value: parsed.data }
    : { reason: 'A number above 0 and at most 100000, or nothing for no limit' };
}

/** Changes the pace of a run, also while it runs. */
export function RateControl({ row, enabled }: { row: RunRow; enabled: boolean }) {
  const setRate = async (rate: number | null) => {
    await api.run.setRate({ id: row.id, rate });
    toastDone(rate === null ? 'Rate limit taken away' : `Rate set to ${rate} per second`);
  };
  return (
    <OneFieldForm
      label="Messages per second"
      inputMode="decimal"
      placeholder="no limit"
      button="Set rate"
      start={row.rate === null ? '' : String(row.rate)}
      read={readRate}
      disabled={!enabled}
      onApply={(rate) => orToast(setRate(rate))}
    />
  );
}
