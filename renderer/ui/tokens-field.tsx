import { X } from 'lucide-react';
import { useId, useState } from 'react';

interface TokensFieldProps {
  label: string;
  hint?: string;
  values: readonly string[];
  suggestions: readonly string[];
  onChange: (values: string[]) => void;
}

/** A list of names: typing one and pressing Enter or comma adds it, each has a button that takes it out. */
export function TokensField({ label, hint, values, suggestions, onChange }: TokensFieldProps) {
  const id = useId();
  const [text, setText] = useState('');
  const add = () => {
    const names = text.split(',').map((name) => name.trim());
    const fresh = names.filter(
      (name, at) => name !== '' && !values.includes(name) && names.indexOf(name) === at,
    );
    if (fresh.length > 0) onChange([...values, ...fresh]);
    setText('');
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="tokens">
        {values.map((value) => (
          <span className="token" key={value}>
            {value}
            <button
              type="button"
              aria-label={`Remove ${value} from ${label}`}
              onClick={() => onChange(values.filter((other) => other !== value))}
            >
              <X aria-hidden size={12} />
            </button>
          </span>
        ))}
        <input
          id={id}
          type="text"
          list={`${id}-list`}
          value={text}
          spellCheck={false}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={(event) => setText(event.target.value)}
          onBlur={add}
          onKeyDown={(event) => {
            if (event.key === 'Enter' || event.key === ',') {
              event.preventDefault();
              add();
            } else if (event.key === 'Backspace' && text === '' && values.length > 0) {
              onChange(values.slice(0, -1));
            }
          }}
        />
      </div>
      <datalist id={`${id}-list`}>
        {suggestions.map((suggestion) => (
          <option key={suggestion} value={suggestion} />
        ))}
      </datalist>
      {hint ? (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}
