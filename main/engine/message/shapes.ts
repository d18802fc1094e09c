import type { MessageShape } from '../../../preload/contract/message.ts';
import type { EventKind } from '../../../preload/contract/values.ts';
import type { Instant } from '../core/instant.ts';
import type { MessageChange } from './events.ts';

/** An audience chosen for a test message; `enteredAt` is null when the user is not in it. */
export interface ShapeAudience {
  readonly audienceHexId: string;
  readonly slug: string;
  readonly enteredAt: Instant | null;
}

/** The events of a shape, in the order in which they stand in `segment_events`. */
export function eventsOfShape(shape: MessageShape): readonly EventKind[] {
  switch (shape) {
    case 'exit-enter':
      return ['exit', 'enter'];
    case 'enter-exit':
      return ['enter', 'exit'];
    default:
      return [shape];
  }
}

/**
 * The changes of a test message: for each audience in the order chosen, the events of the shape. A user's enter is when
 * the membership began, for a user who is not in the audience the instant of the message; an exit is that instant.
 */
export function shapeChanges(
  shape: MessageShape,
  audiences: readonly ShapeAudience[],
  at: Instant,
): MessageChange[] {
  return audiences.flatMap(({ audienceHexId, slug, enteredAt }) =>
    eventsOfShape(shape).map((event) => ({
      audienceHexId,
      slug,
      event,
      enter: enteredAt ?? at,
      exit: event === 'exit' ? at : null,
    })),
  );
}
