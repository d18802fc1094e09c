import { type ComponentProps, type FormEvent, useState } from 'react';
import { Button, TextField } from './controls.tsx';

/** What a typed text stands for, or why it stands for nothing. */
export type Read<Value> = { readonly value: Value } | { readonly reason: string };

interface OneFieldFormProps<Value>
  extends Omit<ComponentProps<typeof TextField>, 'value' | 'onChange' | 'error'> {
  /** The words of the button. */
  button: string;
  /** The text to begin with. */
  start: string;
  read: (text: string) => Read<Value>;
  /** The value that holds now: applying it again would change nothing. */
  present?: Value;
  onApply: (value: Value) => void;
}

/** One typed value and the button that applies it; a text that cannot be read says why, and cannot be applied. */
export function OneFieldForm<Value>({
  button,
  start,
  read,
  present,
  onApply,
  disabled = false,
  ...field
}: OneFieldFormProps<Value>) {
  const [text, setText] = useState(start);
  const typed = read(text);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    if ('value' in typed) onApply(typed.value);
  };
  return (
    <form className="row end" onSubmit={apply}>
      <TextField
        {...field}
        value={text}
        disabled={disabled}
        onChange={(event) => setText(event.target.value)}
        error={'reason' in typed ? typed.reason : undefined}
      />
      <Button submit disabled={disabled || !('value' in typed) || typed.value === present}>
        {button}
      </Button>
    </form>
  );
}
