import { useMutation } from '@tanstack/react-query';
import { api } from '../bridge.ts';
import { Button } from '../ui/controls.tsx';
import { ErrorNotice } from '../ui/notice.tsx';

/** The checks of a bug report, run on demand. */
export function DoctorCard() {
  const doctor = useMutation({ mutationFn: () => api.workspace.doctor({}) });
  return (
    <section className="card" aria-label="Doctor">
      <h2>Integrity and health</h2>
      <p className="hint">
        Integrity of the store, sizes, versions, keychain and queue, as a bug report needs them.
      </p>
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
