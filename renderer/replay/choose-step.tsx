import { type FormEvent, useState } from 'react';
import type { RunRequest } from '../../preload/contract/run.ts';
import type { Workflow } from '../../preload/contract/workflow.ts';
import { Button } from '../ui/controls.tsx';
import { HowFields } from './how-fields.tsx';
import { type ReplayErrors, type ReplayForm, readReplay } from './request.ts';
import { WhatFields } from './what-fields.tsx';

interface ChooseStepProps {
  workflow: Workflow;
  form: ReplayForm;
  onChange: (form: ReplayForm) => void;
  onPlan: (request: RunRequest) => void;
}

/** The first step: which changes, and how they are sent. */
export function ChooseStep({ workflow, form, onChange, onPlan }: ChooseStepProps) {
  const [errors, setErrors] = useState<ReplayErrors>({});
  const set = (part: Partial<ReplayForm>) => {
    onChange({ ...form, ...part });
    setErrors({});
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readReplay(form, workflow.name);
    if ('request' in read) onPlan(read.request);
    else setErrors(read.errors);
  };
  return (
    <form className="step-form" aria-label="Choose" onSubmit={submit}>
      <WhatFields workflow={workflow} form={form} errors={errors} set={set} />
      <HowFields workflow={workflow} form={form} errors={errors} set={set} />
      <footer className="row end">
        <Button submit variant="primary">
          Plan
        </Button>
      </footer>
    </form>
  );
}
