import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, newJobId } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { timeError } from '../history/filter.ts';
import { Button, TextField } from '../ui/controls.tsx';
import { completeInstant, count } from '../ui/format.ts';
import { ErrorNotice, ReadFailed } from '../ui/notice.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';

/** The workspace's clock, real or simulated, and how it is moved. */
export function ClockCard() {
  const clock = useAnswer('clock', 'show', {});
  const [to, setTo] = useState('');
  const instant = completeInstant(to);
  const advance = useMutation({
    mutationFn: (target: string) => api.clock.advance({ to: target, jobId: newJobId() }),
    onSuccess: ({ now, entered, exited }) => {
      setTo('');
      toastDone(`Clock at ${now}: ${count(entered)} entered, ${count(exited)} exited`);
    },
  });
  const returnToReal = async () => {
    // By another name than the call's own, which reads like a hook.
    const { useReal: followReal } = api.clock;
    await followReal({});
    toastDone('The workspace follows the real time again');
  };
  const simulated = clock.data?.mode === 'simulated';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (instant !== null) advance.mutate(instant);
  };
  return (
    <section className="card" aria-label="Clock">
      <h2>Clock</h2>
      {clock.data ? (
        <dl className="facts">
          <dt>Time</dt>
          <dd>{simulated ? 'simulated: it stands still between two moves' : 'real'}</dd>
          <dt>Now (UTC)</dt>
          <dd className="mono">{clock.data.now}</dd>
          <dt>Due timers</dt>
          <dd>{count(clock.data.dueTimers)}</dd>
        </dl>
      ) : null}
      <ReadFailed read={clock} />
      <form className="row end" onSubmit={submit}>
        <TextField
          label="Advance to (UTC)"
          placeholder="2026-12-01 09:00"
          value={to}
          onChange={(event) => setTo(event.target.value)}
          error={timeError(to)}
          hint={
            simulated
              ? 'Rules that time makes true or false change their audiences on the way.'
              : 'Begins a simulation; rules that time makes true or false change their audiences on the way.'
          }
        />
        <Button submit disabled={instant === null || advance.isPending}>
          {advance.isPending ? 'Advancing' : 'Advance'}
        </Button>
      </form>
      {simulated ? (
        <div className="row">
          <Button onClick={() => orToast(returnToReal())}>Return to the real time</Button>
        </div>
      ) : null}
      {advance.error ? <ErrorNotice error={advance.error} /> : null}
    </section>
  );
}
