import { isAppUrl } from '../protocol/origin.ts';

/** What is known of who sent an IPC message. */
export interface Sender {
  /** `url` of the frame that sent it, undefined when that frame is gone. */
  readonly frameUrl: string | undefined;
  readonly isMainFrame: boolean;
  readonly isOwnWindow: boolean;
}

/** True only for the main frame of our own window, showing our own origin. */
export function isTrustedSender({ frameUrl, isMainFrame, isOwnWindow }: Sender): boolean {
  return isMainFrame && isOwnWindow && frameUrl !== undefined && isAppUrl(frameUrl);
}
