import { CheckField, SelectField, TextField } from '../ui/controls.tsx';
import type { FieldsProps } from './request.ts';

/** How the chosen messages are built and paced, and where the run stops. */
export function HowFields({ workflow, form, errors, set }: FieldsProps) {
  const replay = form.kind === 'replay';
  return (
    <fieldset className="columns card">
      <legend>How</legend>
      <SelectField
        label="Profile"
        value={replay ? form.profile : 'current'}
        disabled={!replay}
        onChange={(event) => set({ profile: event.target.value === 'current' ? 'current' : 'as-of' })}
      >
        <option value="as-of">As it was at the change</option>
        <option value="current">As it is now</option>
      </SelectField>
      <TextField
        label="Messages per second"
        placeholder="no limit"
        inputMode="decimal"
        value={form.rate}
        onChange={(event) => set({ rate: event.target.value })}
        error={errors.rate}
      />
      <TextField
        label="Concurrency"
        inputMode="numeric"
        value={form.concurrency}
        onChange={(event) => set({ concurrency: event.target.value })}
        error={errors.concurrency}
        hint="Requests in flight at most."
      />
      <TextField
        label="Maximum messages"
        placeholder="no maximum"
        inputMode="numeric"
        value={form.max}
        onChange={(event) => set({ max: event.target.value })}
        error={errors.max}
      />
      <TextField
        label="Stop after failures"
        placeholder="never"
        inputMode="numeric"
        value={form.stopAfter}
        onChange={(event) => set({ stopAfter: event.target.value })}
        error={errors.stopAfter}
      />
      <CheckField
        label="Dry run"
        checked={form.dryRun}
        onChange={(event) => set({ dryRun: event.target.checked })}
        hint="Does everything but the requests."
      />
      <CheckField
        label="Require valid messages"
        checked={form.requireValid}
        disabled={workflow.schema === null}
        onChange={(event) => set({ requireValid: event.target.checked })}
        hint={
          workflow.schema === null
            ? 'The workflow has no JSON Schema.'
            : 'A message that breaks the JSON Schema is parked.'
        }
      />
    </fieldset>
  );
}
