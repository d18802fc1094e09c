/** A field of a profile with a short value, for a list. */
export interface ExcerptField {
  readonly name: string;
  readonly value: string;
}

const FIELD = /^[{,]?\s*"((?:[^"\\]|\\.)*)"\s*:\s*(?:"((?:[^"\\]|\\.)*)("?)|([^\s,{}[\]"]+))/;

/**
 * The first fields of a profile, read from the beginning of its text, which may end anywhere. Fields that Lytics keeps
 * about a profile (`_created`, `_modified`) and the key are left out: they would make all rows of a list look the same,
 * or repeat it. Ends at the first list or map.
 */
export function fieldsExcerpt(text: string, userId: string): ExcerptField[] {
  const fields: ExcerptField[] = [];
  for (let rest = text.trimStart(); ; ) {
    const match = FIELD.exec(rest);
    if (match === null) return fields;
    const [whole, name = '', quoted, closing, bare] = match;
    const value = quoted === undefined ? (bare ?? '') : closing === '' ? `${quoted}…` : quoted;
    if (!name.startsWith('_') && value !== userId) fields.push({ name, value });
    rest = rest.slice(whole.length).trimStart();
  }
}
