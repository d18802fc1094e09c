/** The address that a text is, undefined when it is none. `URL.canParse` is younger than the oldest Electron in use. */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
