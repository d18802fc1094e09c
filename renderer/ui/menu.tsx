import { Menu as Base } from '@base-ui/react/menu';
import { Ellipsis } from 'lucide-react';
import { chordText, isMac } from '../actions/chord.ts';
import { runAction, useHandlers } from '../actions/handlers.ts';
import { type ActionId, findAction } from '../actions/registry.ts';

/** A menu button whose items are actions of the registry; an action that nothing answers is shown as disabled. */
export function ActionMenu({ label, ids }: { label: string; ids: readonly ActionId[] }) {
  const handlers = useHandlers((state) => state.handlers);
  return (
    <Base.Root modal={false}>
      <Base.Trigger className="button plain icon" aria-label={label} title={label}>
        <Ellipsis aria-hidden size={16} />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className="menu-position" sideOffset={4} align="end">
          <Base.Popup className="menu">
            {ids.map((id) => {
              const action = findAction(id);
              return (
                <Base.Item
                  key={id}
                  className="menu-item"
                  disabled={!handlers.has(id)}
                  onClick={() => runAction(id)}
                >
                  {action?.title}
                  {action?.keys ? <kbd>{chordText(action.keys, isMac())}</kbd> : null}
                </Base.Item>
              );
            })}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
