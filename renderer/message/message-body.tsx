import { useMemo, useState } from 'react';
import { copyText } from '../ui/clipboard.ts';
import { CodeView } from '../ui/code-view.tsx';
import { Button } from '../ui/controls.tsx';
import { layOutJson, lineOf } from './json-layout.ts';

interface MessageBodyProps {
  label: string;
  body: string;
  /** A JSON pointer to show; a new object jumps again. */
  jump?: { pointer: string } | null;
}

/** A message body, laid out for reading or byte for byte as it is sent. */
export function MessageBody({ label, body, jump = null }: MessageBodyProps) {
  const [exact, setExact] = useState(false);
  const laidOut = useMemo(() => layOutJson(body), [body]);
  const line = useMemo(
    () => (jump === null ? null : { line: lineOf(laidOut, jump.pointer) }),
    [jump, laidOut],
  );
  return (
    <div className="message-body">
      <div className="row">
        <label className="inline-check">
          <input type="checkbox" checked={exact} onChange={(event) => setExact(event.target.checked)} />
          Exact bytes
        </label>
        <span className="spacer" />
        <Button small variant="quiet" onClick={() => copyText(body, 'Body')}>
          Copy body
        </Button>
      </div>
      <CodeView label={label} text={exact ? body : laidOut.text} jump={exact ? null : line} />
    </div>
  );
}
