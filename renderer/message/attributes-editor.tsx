import { Plus, X } from 'lucide-react';
import type { MessageAttribute } from '../../preload/contract/message.ts';
import { Button, IconButton } from '../ui/controls.tsx';
import './message.css';

interface AttributesEditorProps {
  attributes: readonly MessageAttribute[];
  onChange: (attributes: MessageAttribute[]) => void;
}

/** Name, type and value of each message attribute, as they are sent. What is wrong with them stands in the problem list. */
export function AttributesEditor({ attributes, onChange }: AttributesEditorProps) {
  const change = (at: number, part: Partial<MessageAttribute>) =>
    onChange(attributes.map((attribute, other) => (other === at ? { ...attribute, ...part } : attribute)));
  return (
    <fieldset className="field">
      <legend>Message attributes</legend>
      {attributes.map((attribute, at) => (
        // Rows have no identity of their own; each is fully controlled, so that its position is a safe key.
        <div className="sent-attribute" key={String(at)}>
          {(['name', 'type', 'value'] as const).map((part) => (
            <input
              key={part}
              type="text"
              aria-label={`Attribute ${at + 1} ${part}`}
              placeholder={part}
              spellCheck={false}
              value={attribute[part]}
              onChange={(event) => change(at, { [part]: event.target.value })}
            />
          ))}
          <IconButton
            label={`Remove attribute ${at + 1}`}
            small
            onClick={() => onChange(attributes.filter((_, other) => other !== at))}
          >
            <X aria-hidden size={14} />
          </IconButton>
        </div>
      ))}
      <div className="row">
        <Button small onClick={() => onChange([...attributes, { name: '', type: 'String', value: '' }])}>
          <Plus aria-hidden size={14} /> Add attribute
        </Button>
      </div>
    </fieldset>
  );
}
