import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { runAction } from '../actions/handlers.ts';
import { api, newJobId } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { timeError } from '../history/filter.ts';
import { SampleOffer } from '../shell/sample-offer.tsx';
import { useTheme } from '../shell/theme.ts';
import { Button, SelectField, TextField } from '../ui/controls.tsx';
import { byteSize, completeInstant, count, plural } from '../ui/format.ts';
import { ErrorNotice, Notice } from '../ui/notice.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';
import './settings.css';

function WorkspaceCard() {
  const info = useAnswer('workspace', 'info', {});
  const { data } = info;
  return (
    <section className="card" aria-label="Workspace">
      <h2>Workspace</h2>
      {info.error ? <ErrorNotice error={info.error} /> : null}
      {data ? (
        <dl className="facts">
          <dt>Folder</dt>
          <dd className="mono break">{data.dir}</dd>
          <dt>Key field</dt>
          <dd className="mono">{data.keyField}</dd>
          <dt>Holds</dt>
          <dd>
            {plural(data.profiles, 'profile')}, {plural(data.audiences, 'audience')},{' '}
            {plural(data.changes, 'change')}, {plural(data.workflows, 'workflow')}
          </dd>
          <dt>Size</dt>
          <dd>{byteSize(data.sizeBytes)}</dd>
          <dt>Schema</dt>
          <dd>{data.schemaVersion}</dd>
        </dl>
      ) : null}
      <div className="row">
        <Button onClick={() => runAction('workspace.backup')}>Back up…</Button>
        <SampleOffer />
      </div>
    </section>
  );
}

function ClockCard() {
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
      {clock.error ? <ErrorNotice error={clock.error} /> : null}
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

function DoctorCard() {
  const doctor = useMutation({ mutationFn: () => api.workspace.doctor({}) });
  return (
    <section className="card" aria-label="Doctor">
      <h2>Doctor</h2>
      <p className="hint">Integrity, sizes, versions, keychain and queue, as a bug report needs them.</p>
      <Button disabled={doctor.isPending} onClick={() => doctor.mutate()}>
        {doctor.isPending ? 'Checking' : 'Run checks'}
      </Button>
      {doctor.error ? <ErrorNotice error={doctor.error} /> : null}
      {doctor.data ? (
        <table className="plain" aria-label="Checks">
          <tbody>
            {doctor.data.checks.map((check) => (
              <tr key={check.name}>
                <th scope="row">{check.name}</th>
                <td className={check.ok ? 'ok' : 'not-ok'}>{check.ok ? 'ok' : 'not ok'}</td>
                <td className="break">
                  {check.value}
                  {check.advice === null ? null : <p className="hint">{check.advice}</p>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </section>
  );
}

function AboutCard() {
  const info = useAnswer('app', 'info', {});
  const { data } = info;
  return (
    <section className="card" aria-label="About">
      <h2>About</h2>
      {data?.fallbackRuntime ? (
        <Notice tone="warning" title="Fallback runtime">
          <p>Segue runs on the older Electron {data.electron}, because the current one could not be had.</p>
        </Notice>
      ) : null}
      {data ? (
        <dl className="facts">
          <dt>Segue</dt>
          <dd>{data.version}</dd>
          <dt>Electron</dt>
          <dd>{data.electron}</dd>
          <dt>Chromium</dt>
          <dd>{data.chrome}</dd>
          <dt>Node</dt>
          <dd>{data.node}</dd>
          <dt>System</dt>
          <dd>{data.platform}</dd>
        </dl>
      ) : null}
      <Button
        onClick={() =>
          orToast(api.app.openExternal({ url: 'https://docs.lytics.com/docs/aws-sqs-overview' }))
        }
      >
        Lytics on Amazon SQS
      </Button>
    </section>
  );
}

/** The workspace, its clock and its health; the theme; what runs. */
export function SettingsView() {
  const { choice, choose } = useTheme();
  return (
    <div className="view">
      <div className="view-head">
        <h1>Settings</h1>
      </div>
      <div className="cards">
        <WorkspaceCard />
        <section className="card" aria-label="Appearance">
          <h2>Appearance</h2>
          <SelectField
            label="Theme"
            value={choice}
            onChange={({ target }) =>
              choose(target.value === 'light' || target.value === 'dark' ? target.value : 'system')
            }
          >
            <option value="system">As the system</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </SelectField>
          <Button onClick={() => runAction('app.shortcuts')}>Keyboard shortcuts…</Button>
        </section>
        <ClockCard />
        <DoctorCard />
        <AboutCard />
      </div>
    </div>
  );
}
