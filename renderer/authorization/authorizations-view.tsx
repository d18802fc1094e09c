import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { runAction, useAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { Button } from '../ui/controls.tsx';
import { instant } from '../ui/format.ts';
import { Empty, Notice, ReadFailed } from '../ui/notice.tsx';
import { toastDone, toastError } from '../ui/toasts.tsx';
import { AddDialog } from './add-dialog.tsx';
import { RemoveDialog } from './remove-dialog.tsx';
import { TestDialog } from './test-dialog.tsx';

type Open = { kind: 'add' } | { kind: 'test' | 'remove'; name: string };

/** The saved authorizations, by name and access key id. Secrets stay in the keychain. */
export function AuthorizationsView() {
  const saved = useAnswer('authorization', 'list', {});
  const queries = useQueryClient();
  const [open, setOpen] = useState<Open | null>(null);
  useAction('authorization.new', () => setOpen({ kind: 'add' }), saved.data !== undefined);
  const close = () => {
    setOpen(null);
    void queries.invalidateQueries({ queryKey: ['authorization.list'] });
  };
  const remove = async (name: string) => {
    try {
      await api.authorization.remove({ name });
      toastDone(`Authorization ${name} removed`);
    } catch (error) {
      toastError(error);
    }
    close();
  };
  const keychain = saved.data?.keychain;
  return (
    <div className="view">
      <div className="view-head">
        <h1>Authorizations</h1>
        <span className="spacer" />
        <Button variant="primary" onClick={() => runAction('authorization.new')}>
          Add authorization
        </Button>
      </div>
      <ReadFailed read={saved} />
      {keychain && !keychain.available ? (
        <Notice tone="warning" title="Keychain unavailable">
          <p>{keychain.reason ?? 'The system has no keychain.'}</p>
          <p>
            Keys can be kept for this session only, and the command line takes them from the environment or
            from an AWS profile. They are never written to a file.
          </p>
        </Notice>
      ) : null}
      {saved.data?.rows.length === 0 ? (
        <Empty title="No authorization yet">
          <p>An authorization holds the AWS keys of a queue. The embedded sandbox needs none.</p>
        </Empty>
      ) : null}
      {saved.data && saved.data.rows.length > 0 ? (
        <table className="plain" aria-label="Authorizations">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Access key id</th>
              <th scope="col">Description</th>
              <th scope="col">Kept in</th>
              <th scope="col">Added (UTC)</th>
              <th scope="col">
                <span className="visually-hidden">What can be done</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {saved.data.rows.map((row) => (
              <tr key={row.name}>
                <th scope="row">{row.name}</th>
                <td className="mono">{row.accessKeyId}</td>
                <td>{row.description}</td>
                <td>{row.storage === 'keychain' ? 'keychain' : 'this session'}</td>
                <td>{instant(row.createdAt)}</td>
                <td>
                  <div className="row end">
                    <Button
                      small
                      aria-label={`Test ${row.name}`}
                      onClick={() => setOpen({ kind: 'test', name: row.name })}
                    >
                      Test…
                    </Button>
                    <Button
                      small
                      aria-label={`Remove ${row.name}`}
                      onClick={() => setOpen({ kind: 'remove', name: row.name })}
                    >
                      Remove…
                    </Button>
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {open?.kind === 'add' && keychain ? <AddDialog keychain={keychain} onClose={close} /> : null}
      {open?.kind === 'test' ? <TestDialog name={open.name} onClose={close} /> : null}
      {open?.kind === 'remove' ? (
        <RemoveDialog name={open.name} onClose={close} onRemove={() => void remove(open.name)} />
      ) : null}
    </div>
  );
}
