import { Toast } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import { describeError } from '../bridge.ts';

/** Toasts from anywhere, inside components or out. */
export const toastManager = Toast.createToastManager();

/** Says that something is done; with `undo`, for ten seconds, how to take it back. */
export function toastDone(title: string, undo?: () => void): void {
  const id = toastManager.add({
    title,
    timeout: undo ? 10_000 : 5_000,
    ...(undo
      ? {
          actionProps: {
            children: 'Undo',
            onClick: () => {
              toastManager.close(id);
              undo();
            },
          },
        }
      : {}),
  });
}

/** Shows a failed call with its code and message until it is closed. A cancelled call is no failure. */
export function toastError(error: unknown): void {
  const { code, message } = describeError(error);
  if (code === 'CANCELLED') {
    toastManager.add({ title: 'Cancelled', timeout: 5_000 });
    return;
  }
  toastManager.add({ title: code, description: message, type: 'error', timeout: 0, priority: 'high' });
}

/** Runs a call whose outcome needs no more than a toast when it fails. */
export function orToast(work: Promise<unknown>): void {
  work.catch(toastError);
}

function List() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={`toast ${toast.type ?? ''}`} swipeDirection={[]}>
      <Toast.Content className="toast-content">
        <div>
          <Toast.Title className="toast-title" />
          <Toast.Description className="toast-description" />
        </div>
        {toast.actionProps ? <Toast.Action className="button small" /> : null}
        <Toast.Close className="button quiet small" aria-label="Close">
          <X aria-hidden size={14} />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}

/** The corner in which toasts appear. */
export function Toasts() {
  return (
    <Toast.Provider toastManager={toastManager} limit={4}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
