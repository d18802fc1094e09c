import { useState } from 'react';
import { useAction } from '../actions/handlers.ts';
import { BatchesDialog } from './batches-dialog.tsx';
import { ImportDialog } from './import-dialog.tsx';
import type { ImportKind } from './kinds.ts';

/** The dialogs of the import actions, available from every view. */
export function ImportDialogs() {
  const [open, setOpen] = useState<ImportKind | 'batches' | null>(null);
  useAction('import.profiles', () => setOpen('profiles'));
  useAction('import.events', () => setOpen('events'));
  useAction('import.snapshot', () => setOpen('snapshot'));
  useAction('import.audiences', () => setOpen('audiences'));
  useAction('import.archive', () => setOpen('archive'));
  useAction('import.batches', () => setOpen('batches'));
  const close = () => setOpen(null);
  if (open === null) return null;
  return open === 'batches' ? (
    <BatchesDialog onClose={close} />
  ) : (
    <ImportDialog kind={open} onClose={close} />
  );
}
