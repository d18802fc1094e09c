import { Plus, X } from 'lucide-react';
import { useWatch } from 'react-hook-form';
import { type AttributeChoice, attributeType } from '../../preload/contract/workflow.ts';
import { useAnswer } from '../data/queries.ts';
import { Button, FieldError, IconButton } from '../ui/controls.tsx';
import { useWorkflowFields } from './use-workflow-form.ts';

const MAX = 10;

/** The profile fields that ride as SQS message attributes, at most ten. */
export function AttributesField() {
  const { control, setValue, formState } = useWorkflowFields();
  const choices = useWatch({ control, name: 'attributes' }) ?? [];
  const fields = useAnswer('profile', 'fields', {});
  const errors = formState.errors.attributes;
  const set = (next: AttributeChoice[]) => setValue('attributes', next, { shouldValidate: true });
  const change = (at: number, part: Partial<AttributeChoice>) =>
    set(choices.map((choice, other) => (other === at ? { ...choice, ...part } : choice)));
  return (
    <fieldset className="field" data-field="attributes" tabIndex={-1}>
      <legend>Event/User Attributes</legend>
      {choices.map((choice, at) => (
        // Rows have no identity of their own; each is fully controlled, so that its position is a safe key.
        <div className="attribute-row" key={String(at)}>
          <input
            type="text"
            aria-label={`Field ${at + 1}`}
            placeholder="profile field"
            list="profile-fields"
            spellCheck={false}
            value={choice.field}
            onChange={(event) => change(at, { field: event.target.value })}
          />
          <input
            type="text"
            aria-label={`Attribute name ${at + 1}`}
            placeholder={choice.field || 'same name'}
            spellCheck={false}
            value={choice.name ?? ''}
            onChange={(event) => change(at, { name: event.target.value || undefined })}
          />
          <select
            aria-label={`Type ${at + 1}`}
            value={choice.type ?? ''}
            onChange={(event) => change(at, { type: attributeType.safeParse(event.target.value).data })}
          >
            <option value="">auto</option>
            <option value="String">String</option>
            <option value="Number">Number</option>
          </select>
          <IconButton
            label={`Remove attribute ${at + 1}`}
            small
            onClick={() => set(choices.filter((_, other) => other !== at))}
          >
            <X aria-hidden size={14} />
          </IconButton>
          <FieldError
            error={errors?.[at]?.field?.message && 'A profile field is needed, or remove the row.'}
          />
        </div>
      ))}
      <datalist id="profile-fields">
        {(fields.data?.fields ?? []).map((field) => (
          <option key={field} value={field} />
        ))}
      </datalist>
      <div className="row">
        <Button small disabled={choices.length >= MAX} onClick={() => set([...choices, { field: '' }])}>
          <Plus aria-hidden size={14} /> Add attribute
        </Button>
        <span className="hint">
          {choices.length} of {MAX}
        </span>
      </div>
      <FieldError error={errors?.message} />
    </fieldset>
  );
}
