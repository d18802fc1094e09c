import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import { authorizationInput } from '../../preload/contract/authorization.ts';
import { api } from '../bridge.ts';
import { Button, CheckField, TextField } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { toastDone, toastError } from '../ui/toasts.tsx';

interface AddDialogProps {
  keychain: { available: boolean; reason: string | null };
  onClose: () => void;
}

/**
 * Takes new keys. The secret lives in this form's inputs only: it goes to main with the call, and closing the dialog
 * drops it. Nothing can read it back.
 */
export function AddDialog({ keychain, onClose }: AddDialogProps) {
  const form = useForm({
    resolver: zodResolver(authorizationInput),
    defaultValues: {
      name: '',
      accessKeyId: '',
      secretAccessKey: '',
      sessionToken: '',
      description: '',
      sessionOnly: !keychain.available,
    },
  });
  const { errors, isSubmitting } = form.formState;
  const add = form.handleSubmit(async ({ sessionToken, ...input }) => {
    try {
      const row = await api.authorization.add(sessionToken ? { ...input, sessionToken } : input);
      form.reset();
      onClose();
      toastDone(`Authorization ${row.name} added`);
    } catch (error) {
      toastError(error);
    }
  });
  return (
    <Dialog title="Add authorization" description="AWS keys for one or more queues." onClose={onClose}>
      <form
        autoComplete="off"
        onSubmit={(event) => {
          void add(event);
        }}
      >
        {keychain.available ? null : (
          <Notice tone="warning" title="No keychain">
            <p>
              {keychain.reason ?? 'The system has no keychain.'} The keys are kept in memory until Segue ends.
            </p>
          </Notice>
        )}
        <TextField label="Name" {...form.register('name')} error={errors.name?.message} />
        <TextField
          label="Access key id"
          {...form.register('accessKeyId')}
          error={errors.accessKeyId?.message}
        />
        <TextField
          label="Secret access key"
          {...form.register('secretAccessKey')}
          type="password"
          autoComplete="new-password"
          error={errors.secretAccessKey?.message}
          hint="Goes to the keychain and is never shown again."
        />
        <TextField
          label="Session token"
          {...form.register('sessionToken')}
          type="password"
          autoComplete="new-password"
          error={errors.sessionToken?.message}
          hint="Only for temporary keys."
        />
        <TextField
          label="Description"
          {...form.register('description')}
          error={errors.description?.message}
        />
        {keychain.available ? (
          <CheckField
            label="Keep for this session only"
            {...form.register('sessionOnly')}
            hint="The keys stay in memory until Segue ends."
          />
        ) : (
          // Not registered: a disabled field of the form would count as left out, and the keys as meant for the keychain.
          <CheckField label="Keep for this session only" checked disabled readOnly />
        )}
        <footer>
          <Button onClick={onClose}>Close without adding</Button>
          <Button submit variant="primary" disabled={isSubmitting}>
            Add
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
