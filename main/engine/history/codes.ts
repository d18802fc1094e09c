import {
  type ChangeCause,
  changeCause,
  type EventKind,
  eventKind,
} from '../../../preload/contract/values.ts';
import { SegueError } from '../core/errors.ts';

/** Codes of `change.event`: part of the store's format, counted from 1 in the contract's order. */
export const EVENT_CODES: Readonly<Record<EventKind, number>> = { enter: 1, exit: 2, change: 3 };

/** Codes of `change.cause`: part of the store's format, counted from 1 in the contract's order. */
export const CAUSE_CODES: Readonly<Record<ChangeCause, number>> = {
  snapshot: 1,
  profile: 2,
  archive: 3,
  event: 4,
  rule: 5,
  clock: 6,
};

/** The event of a stored code. @throws WORKSPACE_CORRUPT for a code that no version wrote */
export function eventOf(code: number): EventKind {
  return eventKind.options[code - 1] ?? corrupt('event', code);
}

/** The cause of a stored code. @throws WORKSPACE_CORRUPT for a code that no version wrote */
export function causeOf(code: number): ChangeCause {
  return changeCause.options[code - 1] ?? corrupt('cause', code);
}

function corrupt(column: string, code: number): never {
  throw new SegueError(
    'WORKSPACE_CORRUPT',
    `The history holds the unknown ${column} ${code}. Run segue doctor.`,
  );
}
