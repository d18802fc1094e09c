import { type FormEvent, useState } from 'react';
import { type RunRow, runOptions } from '../../preload/contract/run.ts';
import { api } from '../bridge.ts';
import { Button, TextField } from '../ui/controls.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';

/** A rate as it is typed: a number of messages per second, or nothing for no limit. */
export function readRate(text: string): { rate: number | null } | { reason: string } {
  const parsed = runOptions.shape.rate.safeParse(text.trim() === '' ? null : Number(text));
  return parsed.success
    ? { rate: parsed.data }
    : { reason: 'A number above 0 and at most 100000, or nothing for no limit' };
}

/** Changes the pace of a run, also while it runs. */
export function RateControl({ row, enabled }: { row: RunRow; enabled: boolean }) {
  const [text, setText] = useState(row.rate === null ? '' : String(row.rate));
  const read = readRate(text);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    if (!('rate' in read)) return;
    const { rate } = read;
    const done = api.run.setRate({ id: row.id, rate });
    orToast(
      done.then(() => toastDone(rate === null ? 'Rate limit taken away' : `Rate set to ${rate} per second`)),
    );
  };
  return (
    <form className="row end" onSubmit={apply}>
      <TextField
        label="Messages per second"
        inputMode="decimal"
        placeholder="no limit"
        value={text}
        disabled={!enabled}
        onChange={(event) => setText(event.target.value)}
        error={'reason' in read ? read.reason : undefined}
      />
      <Button submit disabled={!enabled || 'reason' in read}>
        Set rate
      </Button>
    </form>
  );
}
