interface KeyLike {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

const WORDS: Record<string, string> = { Enter: '↵', Mod: '⌘', Shift: '⇧', Alt: '⌥' };

/** Whether a key press is the chord; `mac` picks Command over Control for `Mod`. */
export function matchesChord(chord: string, event: KeyLike, mac: boolean): boolean {
  const parts = chord.split('+');
  const key = parts.at(-1) ?? '';
  const mod = mac ? event.metaKey : event.ctrlKey;
  const otherMod = mac ? event.ctrlKey : event.metaKey;
  return (
    event.key.toLowerCase() === key.toLowerCase() &&
    mod === parts.includes('Mod') &&
    !otherMod &&
    event.shiftKey === parts.includes('Shift') &&
    event.altKey === parts.includes('Alt')
  );
}

/** A chord as people write it on their platform: `Ctrl+Shift+Z`, or `⌘⇧Z` on macOS. */
export function chordText(chord: string, mac: boolean): string {
  const parts = chord.split('+');
  if (mac) return parts.map((part) => WORDS[part] ?? part).join('');
  return parts.map((part) => (part === 'Mod' ? 'Ctrl' : part)).join('+');
}

/** A chord in the syntax of `aria-keyshortcuts`. */
export function chordAria(chord: string, mac: boolean): string {
  return chord.replace('Mod', mac ? 'Meta' : 'Control');
}

/** Whether the window runs on macOS, where Command takes the place of Control. */
export function isMac(): boolean {
  return /Mac/i.test(navigator.userAgent);
}
