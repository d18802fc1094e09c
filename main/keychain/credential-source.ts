/** Where a command takes its AWS keys from: `env`, `profile:NAME`, or the name of a saved authorization. */
export type CredentialSource =
  | { kind: 'env' }
  | { kind: 'profile'; name: string }
  | { kind: 'saved'; name: string };

/** Reads the text of `--credentials`. */
export function parseCredentialSource(text: string): CredentialSource {
  if (text === 'env') return { kind: 'env' };
  if (text.startsWith('profile:')) return { kind: 'profile', name: text.slice('profile:'.length) };
  return { kind: 'saved', name: text };
}
