import { useWatch } from 'react-hook-form';
import { environment } from '../../preload/contract/values.ts';
import { useAnswer } from '../data/queries.ts';
import { regionOfQueueUrl } from '../shell/queue-target.ts';
import { Button, CheckField, SelectField, TextField } from '../ui/controls.tsx';
import { AttributesField } from './attributes-field.tsx';
import { AudiencesField } from './audiences-field.tsx';
import { useWorkflowFields } from './use-workflow-form.ts';

const orNull = (value: string | null) => value || null;

function RegionField() {
  const { register, control, setValue, formState } = useWorkflowFields();
  const [queueUrl = '', region = ''] = useWatch({ control, name: ['queueUrl', 'region'] });
  const named = regionOfQueueUrl(queueUrl);
  return (
    <TextField
      label="Region"
      {...register('region')}
      error={formState.errors.region?.message}
      hint={
        named !== null && named !== region ? (
          <>
            The SQS URL names {named}.{' '}
            <Button small onClick={() => setValue('region', named, { shouldValidate: true })}>
              Use {named}
            </Button>
          </>
        ) : undefined
      }
    />
  );
}

function AuthorizationField() {
  const { register, control, formState } = useWorkflowFields();
  const saved = useAnswer('authorization', 'list', {});
  const chosen = useWatch({ control, name: 'authorization' });
  const names = (saved.data?.rows ?? []).map((row) => row.name);
  return (
    <SelectField
      label="Authorization"
      {...register('authorization', { setValueAs: orNull })}
      error={formState.errors.authorization?.message}
      hint={
        chosen
          ? undefined
          : 'The embedded sandbox brings its own keys; every other queue needs an authorization.'
      }
    >
      <option value="">None (sandbox queue)</option>
      {chosen && !names.includes(chosen) ? <option value={chosen}>{chosen} (not saved here)</option> : null}
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

/** Name and environment, and the fields of an SQS Event Hub Sink in their usual order and words. */
export function BasicFields() {
  const { register, formState } = useWorkflowFields();
  const sandbox = useAnswer('sandbox', 'status', {});
  return (
    <>
      <div className="pair">
        <TextField label="Name" {...register('name')} error={formState.errors.name?.message} />
        <SelectField
          label="Environment"
          {...register('environment')}
          error={formState.errors.environment?.message}
        >
          {environment.options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </SelectField>
      </div>
      <AuthorizationField />
      <AudiencesField />
      <div className="pair">
        <TextField
          label="SQS URL"
          {...register('queueUrl')}
          list="queue-urls"
          placeholder="https://sqs.us-east-1.amazonaws.com/111111111111/triggers"
          error={formState.errors.queueUrl?.message}
          hint="A queue URL, or sandbox:NAME for a queue of the embedded sandbox."
        />
        <RegionField />
      </div>
      <datalist id="queue-urls">
        {(sandbox.data?.queues ?? []).map((queue) => (
          <option key={queue.name} value={`sandbox:${queue.name}`} />
        ))}
      </datalist>
      <AttributesField />
      <CheckField
        label="Existing Users"
        {...register('existingUsers')}
        data-field="existingUsers"
        hint="Users who are already in the audiences are sent as enter, by a backfill."
      />
    </>
  );
}
