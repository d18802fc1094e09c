import { Button } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';

interface RemoveDialogProps {
  name: string;
  onClose: () => void;
  onRemove: () => void;
}

/** Asks before keys are removed: the secret cannot be shown again, so that there is no undo. */
export function RemoveDialog({ name, onClose, onRemove }: RemoveDialogProps) {
  return (
    <Dialog
      title={`Remove ${name}`}
      description="The keys leave the keychain and cannot be brought back. Workflows that name them stop sending."
      onClose={onClose}
    >
      <footer>
        <Button onClick={onClose}>Keep</Button>
        <Button variant="danger" onClick={onRemove}>
          Remove authorization
        </Button>
      </footer>
    </Dialog>
  );
}
