import { api } from '../bridge.ts';
import { toastDone } from '../ui/toasts.tsx';

/** Takes the last import back and says so. Rejects with CONFLICT when another import has followed. */
export async function undoBatch(batch: number): Promise<void> {
  await api.batch.undo({ batch });
  toastDone(`Import ${batch} undone`);
}
