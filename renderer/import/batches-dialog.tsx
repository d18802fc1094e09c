import { useAnswer } from '../data/queries.ts';
import { Button } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { count, instant } from '../ui/format.ts';
import { ReadFailed } from '../ui/notice.tsx';
import { orToast } from '../ui/toasts.tsx';
import { undoBatch } from './undo.ts';

/** Every import with its outcome; the last one can be undone. */
export function BatchesDialog({ onClose }: { onClose: () => void }) {
  const batches = useAnswer('batch', 'list', { limit: 100 });
  const rows = batches.data?.rows ?? [];
  return (
    <Dialog title="Imports" wide onClose={onClose}>
      <ReadFailed read={batches} />
      {batches.data && rows.length === 0 ? <p>No import yet.</p> : null}
      <p className="dialog-description">The last import can be undone until the next one follows.</p>
      <div className="dialog-scroll">
        <table className="plain" aria-label="Imports">
          <thead>
            <tr>
              {['Import', 'Kind', 'File', 'Started (UTC)', 'State'].map((heading) => (
                <th key={heading} scope="col">
                  {heading}
                </th>
              ))}
              {['Entered', 'Exited', 'Rejected'].map((heading) => (
                <th key={heading} scope="col" className="right">
                  {heading}
                </th>
              ))}
              <td />
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.batch}>
                <th scope="row">{row.batch}</th>
                <td>{row.kind}</td>
                <td className="break">{row.source}</td>
                <td>{instant(row.startedAt)}</td>
                <td>{row.state}</td>
                <td className="right">{count(row.entered)}</td>
                <td className="right">{count(row.exited)}</td>
                <td className="right">{count(row.rejected)}</td>
                <td>
                  {row.undoable ? (
                    <Button small onClick={() => orToast(undoBatch(row.batch))}>
                      Undo last import
                    </Button>
                  ) : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Dialog>
  );
}
