import { api } from '../bridge.ts';
import { Button } from '../ui/controls.tsx';
import { Facts } from '../ui/facts.tsx';
import { count } from '../ui/format.ts';
import { Notice } from '../ui/notice.tsx';
import { orToast } from '../ui/toasts.tsx';
import type { ImportSummary } from './kinds.ts';
import { undoBatch } from './undo.ts';

/** The figures of an import, and where its rejected lines are listed. */
export function ImportFigures({ summary }: { summary: ImportSummary }) {
  const { title, figures, notes, rejectFile, firstRejects } = summary;
  return (
    <>
      <h3>{title}</h3>
      <Facts label="Import figures" facts={figures} />
      {notes.map((note) => (
        <p className="hint" key={note}>
          {note}
        </p>
      ))}
      {rejectFile === null ? null : (
        <Notice tone="warning" title="Rejected lines">
          <ul>
            {firstRejects.map(({ line, column, reason }) => (
              <li key={`${line} ${column} ${reason}`}>
                Line {count(line)}, column {count(column)}: {reason}
              </li>
            ))}
          </ul>
          <p>All of them, with the beginning of each, are in</p>
          <p className="mono break">{rejectFile}</p>
          <div className="row">
            <Button small onClick={() => orToast(api.app.showFile({ path: rejectFile }))}>
              Show reject file
            </Button>
          </div>
        </Notice>
      )}
    </>
  );
}

/** How an import went, and the way to take it back. */
export function ImportOutcome({ summary, onClose }: { summary: ImportSummary; onClose: () => void }) {
  const { batch } = summary;
  return (
    <div role="status" aria-label="Import result" className="stack">
      <ImportFigures summary={summary} />
      <footer>
        {batch === null ? null : (
          <Button
            onClick={() => {
              orToast(undoBatch(batch));
              onClose();
            }}
          >
            Undo import
          </Button>
        )}
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      </footer>
    </div>
  );
}
