/** Names by which a membership row may call its audience (a slug or a 32 hex digit id), in any case. */
export const SEGMENT_NAMES: readonly string[] = ['segment', 'audience', 'slug', 'segment_id', 'audience_id'];

/** Names by which a membership row may call its enter time, in any case. */
export const ENTERED_NAMES: readonly string[] = ['entered_at', 'enter', 'entered', 'enteredat'];
