import type { Workflow } from '../../preload/contract/workflow.ts';
import { api } from '../bridge.ts';
import { Button, CheckField, Field, SelectField, TextField } from '../ui/controls.tsx';
import { orToast } from '../ui/toasts.tsx';
import type { CaptureErrors, CaptureForm } from './capture-form.ts';

const modes = [
  {
    mode: 'peek',
    title: 'Peek',
    about: 'Every message stays in the queue and is visible again afterwards; receive counts rise by one.',
  },
  {
    mode: 'drain',
    title: 'Drain',
    about: 'Each message is deleted from the queue once its line is in the file.',
  },
] as const;

interface CaptureFieldsProps {
  form: CaptureForm;
  errors: CaptureErrors;
  workflows: readonly Pick<Workflow, 'name' | 'queueUrl'>[];
  onChange: (form: CaptureForm) => void;
}

/** Which queue, peek or drain, into which file, and where to stop. */
export function CaptureFields({ form, errors, workflows, onChange }: CaptureFieldsProps) {
  const set = (part: Partial<CaptureForm>) => onChange({ ...form, ...part });
  const choose = async () => {
    const { path } = await api.app.chooseSaveFile({
      title: 'Archive of the captured messages',
      defaultName: 'captured.ndjson',
    });
    if (path !== null) set({ out: path });
  };
  return (
    <>
      <div className="columns">
        <SelectField
          label="Keys and region of"
          value={form.workflow}
          onChange={(event) => {
            const chosen = workflows.find(({ name }) => name === event.target.value);
            set({ workflow: event.target.value, ...(chosen ? { queue: chosen.queueUrl } : {}) });
          }}
          hint="A workflow; none for a sandbox queue."
        >
          <option value="">None (sandbox queue)</option>
          {workflows.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Queue"
          value={form.queue}
          placeholder="https://sqs.… or sandbox:NAME"
          error={errors.queue}
          onChange={(event) => set({ queue: event.target.value })}
          hint="The workflow's own, or its dead-letter queue."
        />
      </div>
      <fieldset className="field choices">
        <legend>What becomes of the messages</legend>
        {modes.map(({ mode, title, about }) => (
          <label key={mode} className={form.mode === mode ? 'chosen' : undefined}>
            <input
              type="radio"
              name="capture-mode"
              checked={form.mode === mode}
              onChange={() => set({ mode })}
            />
            <span>
              <strong>{title}</strong>
              <span className="hint">{about}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Field
        label="Archive file"
        error={errors.out}
        hint="NDJSON, one message a line. An existing file is never overwritten."
      >
        {(control) => (
          <div className="row">
            <input
              type="text"
              {...control}
              value={form.out}
              spellCheck={false}
              onChange={(event) => set({ out: event.target.value })}
            />
            <Button onClick={() => orToast(choose())}>Choose…</Button>
          </div>
        )}
      </Field>
      <div className="columns">
        <TextField
          label="At most messages"
          placeholder="no maximum"
          inputMode="numeric"
          value={form.max}
          error={errors.max}
          onChange={(event) => set({ max: event.target.value })}
        />
        <TextField
          label="At most seconds"
          inputMode="decimal"
          value={form.seconds}
          error={errors.seconds}
          onChange={(event) => set({ seconds: event.target.value })}
        />
      </div>
      <CheckField
        label="Import into the history"
        checked={form.intoHistory}
        onChange={(event) => set({ intoHistory: event.target.checked })}
        hint="The captured messages can then be replayed with the body they had."
      />
    </>
  );
}
