import { api } from '../bridge.ts';
import { orToast, toastDone } from './toasts.tsx';

/** Copies a text and says so: `Body copied`. */
export function copyText(text: string, what: string): void {
  orToast(api.app.copyText({ text }).then(() => toastDone(`${what} copied`)));
}
