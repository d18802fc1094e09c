/**
 * The shortcuts of actions that the application menu has too, by the action's id; `Mod` is Command on macOS and Control
 * elsewhere. The page acts on them, the menu shows them.
 */
export const MENU_CHORDS = {
  'workflow.new': 'Mod+N',
  'app.palette': 'Mod+K',
  'app.shortcuts': 'Mod+/',
} as const;
