import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { IconButton } from './controls.tsx';

interface DialogProps {
  title: string;
  description?: ReactNode;
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** A modal dialog that is open for as long as it is rendered. */
export function Dialog({ title, description, wide, onClose, children }: DialogProps) {
  const popup = useRef<HTMLDivElement>(null);
  // The first field rather than the close button; a dialog without fields takes the focus itself.
  const firstField = () =>
    popup.current?.querySelector<HTMLElement>('input, select, textarea') ?? popup.current;
  return (
    <Base.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup ref={popup} initialFocus={firstField} className={`dialog${wide ? ' wide' : ''}`}>
          <header>
            <Base.Title className="dialog-title">{title}</Base.Title>
            <IconButton label="Close" onClick={onClose}>
              <X aria-hidden size={16} />
            </IconButton>
          </header>
          {description ? (
            <Base.Description className="dialog-description">{description}</Base.Description>
          ) : null}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
