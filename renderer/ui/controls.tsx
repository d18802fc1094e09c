import { type ComponentProps, type ReactNode, useId } from 'react';
import { chordAria, chordText, isMac } from '../actions/chord.ts';
import { type ActionId, findAction } from '../actions/registry.ts';

interface ButtonProps extends Omit<ComponentProps<'button'>, 'className' | 'type'> {
  variant?: 'plain' | 'primary' | 'danger' | 'quiet';
  small?: boolean;
  submit?: boolean;
  /** Shows an icon only. */
  icon?: boolean;
  /** The action this button stands for; its shortcut joins the tooltip. */
  action?: ActionId;
}

/** A button in one of four weights. */
export function Button({ variant = 'plain', small, icon, submit, action, title, ...rest }: ButtonProps) {
  const keys = action && findAction(action)?.keys;
  return (
    <button
      {...rest}
      type={submit ? 'submit' : 'button'}
      className={`button ${variant}${small ? ' small' : ''}${icon ? ' icon' : ''}`}
      title={keys ? `${title ?? findAction(action)?.title} (${chordText(keys, isMac())})` : title}
      aria-keyshortcuts={keys ? chordAria(keys, isMac()) : undefined}
    />
  );
}

/** A button that shows an icon only; `label` is its accessible name and tooltip. */
export function IconButton({ label, ...rest }: Omit<ButtonProps, 'title'> & { label: string }) {
  return <Button variant="quiet" icon {...rest} title={label} aria-label={label} />;
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  children: (control: {
    id: string;
    'aria-describedby': string | undefined;
    'aria-invalid': boolean;
  }) => ReactNode;
}

/** A labelled control with its hint and error, wired for assistive technology. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const notes = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': notes || undefined, 'aria-invalid': error !== undefined })}
      {hint ? (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      <FieldError id={`${id}-error`} error={error} />
    </div>
  );
}

/** The error under a control; nothing when there is none. */
export function FieldError({ id, error }: { id?: string; error: string | undefined }) {
  return error ? (
    <p className="error" id={id} role="alert">
      {error}
    </p>
  ) : null;
}

type TextFieldProps = ComponentProps<'input'> & {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
};

/** A one-line text input. */
export function TextField({ label, hint, error, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <input type="text" spellCheck={false} autoComplete="off" {...rest} {...control} />}
    </Field>
  );
}

type SelectFieldProps = ComponentProps<'select'> & {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
};

/** The system's own menu of choices. */
export function SelectField({ label, hint, error, ...rest }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <select {...rest} {...control} />}
    </Field>
  );
}

/** A check box with its label beside it and an optional explanation below. */
export function CheckField({
  label,
  hint,
  ...rest
}: ComponentProps<'input'> & { label: string; hint?: ReactNode }) {
  const id = useId();
  return (
    <div className="check">
      <input type="checkbox" id={id} aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
      <label htmlFor={id}>{label}</label>
      {hint ? (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}
