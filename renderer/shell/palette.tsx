import { Command } from 'cmdk';
import { useState } from 'react';
import { chordText, isMac } from '../actions/chord.ts';
import { runAction, useAction, useHandlers } from '../actions/handlers.ts';
import { actions } from '../actions/registry.ts';
import { useAnswer } from '../data/queries.ts';
import { Dialog } from '../ui/dialog.tsx';
import { useNavigation } from './navigation.ts';

const groups = [...new Set(actions.map((action) => action.group))];

function Palette({ onClose }: { onClose: () => void }) {
  const handlers = useHandlers((state) => state.handlers);
  const workflows = useAnswer('workflow', 'list', {});
  const openWorkflow = useNavigation((state) => state.openWorkflow);
  const choose = (act: () => void) => () => {
    onClose();
    // After the dialog gave the focus back, so that an action that moves the focus wins.
    setTimeout(act);
  };
  return (
    <Dialog title="Command palette" onClose={onClose}>
      <Command label="Commands" className="palette">
        <Command.Input autoFocus placeholder="Type a command or a workflow's name" />
        <Command.List label="Commands">
          <Command.Empty>No command of that name.</Command.Empty>
          {groups.map((group) => (
            <Command.Group key={group} heading={group}>
              {actions
                .filter(
                  (action) =>
                    action.group === group && action.id !== 'app.palette' && handlers.has(action.id),
                )
                .map((action) => (
                  <Command.Item
                    key={action.id}
                    value={`${group} ${action.title}`}
                    onSelect={choose(() => runAction(action.id))}
                  >
                    {action.title}
                    {action.keys ? <kbd>{chordText(action.keys, isMac())}</kbd> : null}
                  </Command.Item>
                ))}
            </Command.Group>
          ))}
          <Command.Group heading="Open workflow">
            {(workflows.data?.rows ?? []).map(({ name }) => (
              <Command.Item
                key={name}
                value={`Open workflow ${name}`}
                onSelect={choose(() => openWorkflow(name))}
              >
                {name}
              </Command.Item>
            ))}
          </Command.Group>
        </Command.List>
      </Command>
    </Dialog>
  );
}

const withKeys = groups
  .map((group) => ({
    group,
    rows: actions.flatMap(({ id, title, group: of, keys }) =>
      of === group && keys !== undefined
        ? [{ id: id as string, title: title as string, chords: [keys] }]
        : [],
    ),
  }))
  .filter(({ rows }) => rows.length > 0);

/** Keys that no action stands for: they belong to the control that has the focus. */
const controlKeys = [
  { id: 'rows', title: 'Next or previous row', chords: ['↓', '↑'] },
  { id: 'pages', title: 'Twenty rows on or back', chords: ['PageDown', 'PageUp'] },
  { id: 'open', title: 'Open the row', chords: ['Enter'] },
  { id: 'close', title: 'Close a dialog or menu', chords: ['Escape'] },
];

function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" wide onClose={onClose}>
      <div className="shortcuts">
        {[...withKeys, { group: 'Tables and dialogs', rows: controlKeys }].map(({ group, rows }) => (
          <table key={group} className="plain">
            <caption>{group}</caption>
            <tbody>
              {rows.map(({ id, title, chords }) => (
                <tr key={id}>
                  <th scope="row">{title}</th>
                  <td className="right">
                    {chords.map((chord) => (
                      <kbd key={chord}>{chordText(chord, isMac())}</kbd>
                    ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        ))}
      </div>
    </Dialog>
  );
}

/** The command palette and the shortcut sheet, both drawn from the action registry. */
export function PaletteAndShortcuts() {
  const [open, setOpen] = useState<'palette' | 'shortcuts' | null>(null);
  useAction('app.palette', () => setOpen('palette'));
  useAction('app.shortcuts', () => setOpen('shortcuts'));
  const close = () => setOpen(null);
  if (open === 'palette') return <Palette onClose={close} />;
  return open === 'shortcuts' ? <Shortcuts onClose={close} /> : null;
}
