import { useState } from 'react';
import { useWatch } from 'react-hook-form';
import { useAnswer } from '../data/queries.ts';
import { FieldError } from '../ui/controls.tsx';
import { count } from '../ui/format.ts';
import { useWorkflowFields } from './use-workflow-form.ts';

const SHOWN = 100;

/** The chosen audiences first, then the matching ones; a chosen audience that the store lacks stays visible. */
export function audienceChoices(
  chosen: readonly string[],
  known: readonly { slug: string; name: string; members: number }[],
  text: string,
): { slug: string; name: string; members: number | null }[] {
  const needle = text.trim().toLowerCase();
  const matches = ({ slug, name }: { slug: string; name: string }) =>
    needle === '' || slug.toLowerCase().includes(needle) || name.toLowerCase().includes(needle);
  const picked = chosen.map(
    (slug) => known.find((row) => row.slug === slug) ?? { slug, name: 'not in the store', members: null },
  );
  const rest = known.filter((row) => !chosen.includes(row.slug) && matches(row));
  return [...picked, ...rest].slice(0, Math.max(SHOWN, chosen.length));
}

/** The audiences whose changes become messages. */
export function AudiencesField() {
  const { control, setValue, formState } = useWorkflowFields();
  const chosen = useWatch({ control, name: 'audiences' }) ?? [];
  const known = useAnswer('audience', 'list', {});
  const [text, setText] = useState('');
  const rows = audienceChoices(chosen, known.data?.rows ?? [], text);
  const toggle = (slug: string, on: boolean) => {
    const next = on ? [...chosen, slug] : chosen.filter((other) => other !== slug);
    setValue('audiences', next, { shouldValidate: true });
  };
  return (
    <fieldset className="field" data-field="audiences" tabIndex={-1}>
      <legend>Audiences</legend>
      <input
        type="search"
        aria-label="Filter audiences"
        placeholder={`Filter ${count(known.data?.rows.length ?? 0)} audiences`}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="checklist">
        {rows.map((row) => (
          <label key={row.slug}>
            <input
              type="checkbox"
              checked={chosen.includes(row.slug)}
              onChange={(event) => toggle(row.slug, event.target.checked)}
            />
            <span className="slug">{row.slug}</span>
            <span className="muted">{row.members === null ? row.name : `${count(row.members)} members`}</span>
          </label>
        ))}
        {rows.length === 0 ? <p className="hint">No audience matches.</p> : null}
      </div>
      <FieldError error={formState.errors.audiences?.message} />
    </fieldset>
  );
}
