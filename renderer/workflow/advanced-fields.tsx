import { useState } from 'react';
import { useWatch } from 'react-hook-form';
import { useAnswer } from '../data/queries.ts';
import { Button, CheckField, SelectField, TextField } from '../ui/controls.tsx';
import { TokensField } from '../ui/tokens-field.tsx';
import { SchemaDialog } from './schema-dialog.tsx';
import { useWorkflowFields } from './use-workflow-form.ts';

function ExportFields({ suggestions }: { suggestions: readonly string[] }) {
  const { control, setValue } = useWorkflowFields();
  const chosen = useWatch({ control, name: 'exportFields' }) ?? null;
  return (
    <div data-field="exportFields" tabIndex={-1}>
      <SelectField
        label="Export fields"
        value={chosen === null ? 'all' : 'some'}
        onChange={(event) =>
          setValue('exportFields', event.target.value === 'all' ? null : [], { shouldValidate: true })
        }
      >
        <option value="all">All profile fields</option>
        <option value="some">Only these</option>
      </SelectField>
      {chosen === null ? null : (
        <TokensField
          label="Exported fields"
          values={chosen}
          suggestions={suggestions}
          onChange={(values) => setValue('exportFields', values, { shouldValidate: true })}
        />
      )}
    </div>
  );
}

function SchemaField() {
  const { control, setValue } = useWorkflowFields();
  const schema = useWatch({ control, name: 'schema' }) ?? null;
  const [open, setOpen] = useState(false);
  return (
    <fieldset className="field" data-field="schema" tabIndex={-1}>
      <legend>JSON Schema</legend>
      <div className="row">
        <Button small onClick={() => setOpen(true)}>
          {schema === null ? 'Add JSON Schema…' : 'Edit JSON Schema…'}
        </Button>
        {schema === null ? null : (
          <Button small variant="quiet" onClick={() => setValue('schema', null, { shouldValidate: true })}>
            Remove JSON Schema
          </Button>
        )}
      </div>
      <p className="hint">The consumer's schema; preview and plan name the messages that would break it.</p>
      {open ? (
        <SchemaDialog
          schema={schema}
          onClose={() => setOpen(false)}
          onApply={(next) => {
            setValue('schema', next, { shouldValidate: true });
            setOpen(false);
          }}
        />
      ) : null}
    </fieldset>
  );
}

/** The options that most workflows leave alone. */
export function AdvancedFields() {
  const { register, control, setValue, formState } = useWorkflowFields();
  const fields = useAnswer('profile', 'fields', {}).data?.fields ?? [];
  const changeFields = useWatch({ control, name: 'changeFields' }) ?? [];
  return (
    <details className="advanced">
      <summary>Advanced</summary>
      <SelectField
        label="Time style"
        {...register('timestyle')}
        hint="Classic sends enter and exit on every event; modern only the time that applies."
      >
        <option value="classic">classic</option>
        <option value="modern">modern</option>
      </SelectField>
      <SelectField label="Events" {...register('events')}>
        <option value="both">Enter and exit</option>
        <option value="enter">Enter only</option>
        <option value="exit">Exit only</option>
      </SelectField>
      <ExportFields suggestions={fields} />
      <TokensField
        label="Change fields"
        hint="A change of one of these fields sends a change event."
        values={changeFields}
        suggestions={fields}
        onChange={(values) => setValue('changeFields', values, { shouldValidate: true })}
      />
      <TextField
        label="Subscription id"
        {...register('subscriptionId', { setValueAs: (value: string | undefined) => value || undefined })}
        className="mono"
        error={formState.errors.subscriptionId?.message}
        hint="32 hexadecimal digits; left empty, one is made."
      />
      <TextField
        label="Group id field"
        {...register('groupIdField', { setValueAs: (value: string | null) => value || null })}
        list="profile-fields"
        error={formState.errors.groupIdField?.message}
        hint="The profile field that becomes the message group of a FIFO queue."
      />
      <CheckField label="Message id" {...register('messageId')} hint="A top-level id in decimal text." />
      <CheckField label="segments_all" {...register('segmentsAll')} hint="Every audience the user is in." />
      <CheckField
        label="Deduplication attribute"
        {...register('dedupAttribute')}
        hint="The stable dedup id rides as an attribute on a standard queue."
      />
      <SchemaField />
    </details>
  );
}
