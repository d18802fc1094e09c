import { expect, test } from 'vitest';
import { chordText, matchesChord } from '../../renderer/actions/chord.ts';
import { actions, findAction } from '../../renderer/actions/registry.ts';

const press = (
  key: string,
  held: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {},
) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});

test('ids and shortcuts of the registry are each used once', () => {
  const ids = actions.map(({ id }) => id);
  const chords = actions.flatMap(({ keys }) => (keys === undefined ? [] : [keys]));
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(chords).size).toBe(chords.length);
});

test('no key press is the chord of two actions', () => {
  for (const mac of [true, false]) {
    for (const { keys = '' } of actions.filter((action) => action.keys !== undefined)) {
      const parts = keys.split('+');
      const event = press(parts.at(-1) ?? '', {
        ctrlKey: !mac && parts.includes('Mod'),
        metaKey: mac && parts.includes('Mod'),
        shiftKey: parts.includes('Shift'),
      });
      expect(
        actions
          .filter((other) => other.keys && matchesChord(other.keys, event, mac))
          .map((other) => other.keys),
      ).toEqual([keys]);
    }
  }
});

test('a chord wants exactly its modifiers', () => {
  expect(matchesChord('Mod+S', press('s', { ctrlKey: true }), false)).toBe(true);
  expect(matchesChord('Mod+S', press('S', { ctrlKey: true, shiftKey: true }), false)).toBe(false);
  expect(matchesChord('Mod+S', press('s', { metaKey: true }), false)).toBe(false);
  expect(matchesChord('Mod+S', press('s', { metaKey: true }), true)).toBe(true);
  expect(matchesChord('Mod+S', press('s', { ctrlKey: true, altKey: true }), false)).toBe(false);
});

test('a chord reads as on the platform', () => {
  expect(chordText('Mod+Shift+Enter', false)).toBe('Ctrl+Shift+Enter');
  expect(chordText('Mod+Shift+Z', true)).toBe('⌘⇧Z');
});

test('the commands of the application menu are in the registry', () => {
  const menu = [
    'workflow.new',
    'import.profiles',
    'import.snapshot',
    'import.audiences',
    'import.archive',
    'workspace.backup',
    'app.palette',
    'app.shortcuts',
  ];
  expect(menu.filter((id) => findAction(id) === undefined)).toEqual([]);
  expect(findAction('run.erase')).toBeUndefined();
});
