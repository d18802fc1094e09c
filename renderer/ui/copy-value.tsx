import { Copy } from 'lucide-react';
import { copyText } from './clipboard.ts';
import { IconButton } from './controls.tsx';

/** A value that people carry into another tool, such as an id or a queue URL, with a button that copies it whole. */
export function CopyValue({ label, value }: { label: string; value: string }) {
  return (
    <span className="copy-value">
      <span className="mono break">{value}</span>
      <IconButton label={`Copy ${label}`} small onClick={() => copyText(value, label)}>
        <Copy aria-hidden size={13} />
      </IconButton>
    </span>
  );
}
