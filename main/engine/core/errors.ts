import type { ErrorCode, ErrorShape } from '../../../preload/contract/error.ts';

/**
 * The one error type that Segue throws on purpose. Anything else that surfaces is a defect and is reported as
 * `INTERNAL`.
 */
export class SegueError extends Error {
  override readonly name = 'SegueError';
  readonly code: ErrorCode;
  readonly detail: Record<string, unknown> | undefined;

  /**
   * @param code stable, matched by programs
   * @param message what happened, where, and what to do, in one or two neutral sentences
   * @param detail facts for a program; no secrets, no profile bodies
   */
  constructor(code: ErrorCode, message: string, detail?: Record<string, unknown>, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}

/** Turns anything that was thrown into the shape that crosses a process. */
export function toErrorShape(thrown: unknown): ErrorShape {
  if (thrown instanceof SegueError) {
    return {
      code: thrown.code,
      message: thrown.message,
      ...(thrown.detail === undefined ? {} : { detail: thrown.detail }),
    };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'INTERNAL', message: `Unexpected error: ${message}` };
}

/** Ends a switch over a discriminated union: a new member that is not handled fails the type check. */
export function exhaustive(value: never): never {
  throw new SegueError('INTERNAL', `Unhandled case: ${JSON.stringify(value)}`);
}
