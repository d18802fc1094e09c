interface ProgressProps {
  label: string;
  /** Share done, 0 to 1; null while it is not known. */
  share: number | null;
  text: string;
}

/** A bar with its words; the words are announced politely, the bar is read on demand. */
export function Progress({ label, share, text }: ProgressProps) {
  return (
    <div className="progress">
      <progress aria-label={label} max={1} {...(share === null ? {} : { value: Math.min(1, share) })} />
      <p aria-live="polite">{text}</p>
    </div>
  );
}
