import { useState } from 'react';
import { z } from 'zod';
import { CodeView } from '../ui/code-view.tsx';
import { Button } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';

type Schema = Record<string, unknown>;

const schemaObject = z.record(z.string(), z.unknown());

/** Reads the text of a JSON Schema; the reason when it is none. Whether it is a good schema is the engine's to say. */
export function readSchema(text: string): { schema: Schema } | { reason: string } {
  try {
    const parsed = schemaObject.safeParse(JSON.parse(text));
    return parsed.success ? { schema: parsed.data } : { reason: 'A JSON Schema is a JSON object.' };
  } catch (error) {
    return { reason: `Not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

interface SchemaDialogProps {
  schema: Schema | null;
  onClose: () => void;
  onApply: (schema: Schema) => void;
}

/** Edits the schema as text; only text that is a JSON object can be applied, so that the form never holds a broken one. */
export function SchemaDialog({ schema, onClose, onApply }: SchemaDialogProps) {
  const [text, setText] = useState(() =>
    JSON.stringify(schema ?? { type: 'object', required: ['data', 'meta'] }, null, 2),
  );
  const read = readSchema(text);
  return (
    <Dialog title="JSON Schema of the consumer" wide onClose={onClose}>
      <div className="dialog-code">
        <CodeView label="JSON Schema text" text={text} onChange={setText} />
      </div>
      <p className="hint" aria-live="polite">
        {'reason' in read ? read.reason : 'The text is a JSON object.'}
      </p>
      <footer>
        <Button onClick={onClose}>Close without applying</Button>
        <Button
          variant="primary"
          disabled={'reason' in read}
          onClick={() => ('schema' in read ? onApply(read.schema) : undefined)}
        >
          Apply
        </Button>
      </footer>
    </Dialog>
  );
}
