import { create } from 'zustand';

/** From where a capture begins; both may be left to the dialog. */
export interface CaptureStart {
  readonly queue?: string;
  readonly workflow?: string;
}

/** The capture dialog, opened from wherever a queue is named; null while it is closed. */
export const useCapture = create<{ readonly start: CaptureStart | null }>(() => ({ start: null }));

/** Opens the capture dialog. */
export function openCapture(start: CaptureStart = {}): void {
  useCapture.setState({ start });
}
