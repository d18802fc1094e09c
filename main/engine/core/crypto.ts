let loaded: typeof import('node:crypto') | undefined;

/** Node's `crypto`, loaded at its first use: most commands need none of it, and loading took them 9 ms (measured). */
export function lateCrypto(): typeof import('node:crypto') {
  loaded ??= process.getBuiltinModule('node:crypto');
  return loaded;
}

/** The SHA-256 of a text's UTF-8, in 64 hex digits. */
export function sha256(text: string): string {
  return lateCrypto().hash('sha256', text, 'hex');
}
