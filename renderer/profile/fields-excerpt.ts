/** Fields that Lytics keeps about a profile (`_created`, `_modified`); every profile begins with them. */
const BOOKKEEPING = /^\{\s*(?:"_\w+"\s*:\s*"[^"]*"\s*,\s*)*/;

/** The beginning of a profile's text for a list, without the bookkeeping that would make all rows look the same. */
export function fieldsExcerpt(text: string): string {
  return text.replace(BOOKKEEPING, '');
}
