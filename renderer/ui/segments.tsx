interface SegmentsProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly {
    readonly value: Value;
    readonly title: string;
    readonly disabled?: boolean;
    readonly hint?: string;
  }[];
  onChange: (value: Value) => void;
}

/** A few choices side by side, one of them pressed. */
export function Segments<Value extends string>({ label, value, options, onChange }: SegmentsProps<Value>) {
  return (
    <fieldset className="segments" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          disabled={option.disabled}
          title={option.hint}
          onClick={() => onChange(option.value)}
        >
          {option.title}
        </button>
      ))}
    </fieldset>
  );
}
