/** Most characters of an audience's slug or id, as in the contract. */
const MAX_CHARS = 256;
/** Characters of a refused name that the reason shows. */
const SHOWN_CHARS = 60;
const CONTROL = /\p{Cc}/u;

/**
 * What keeps a text from naming an audience, as a sentence; undefined when nothing does. Any way in asks here: half a
 * surrogate pair is stored as U+FFFD, so two such names would become one, and spaces around a name cannot be seen.
 */
export function audienceNameFault(ref: string): string | undefined {
  if (ref === '') return 'The audience is empty';
  if (ref.length > MAX_CHARS) return `The audience is longer than ${MAX_CHARS} characters`;
  const shown = JSON.stringify(ref.slice(0, SHOWN_CHARS));
  if (!ref.isWellFormed()) return `The audience ${shown} holds half a character`;
  if (ref !== ref.trim() || CONTROL.test(ref))
    return `The audience ${shown} begins or ends with a space or holds a control character`;
  return undefined;
}
