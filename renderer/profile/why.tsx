import { useState } from 'react';
import { ExplanationView } from '../audience/explanation.tsx';
import '../audience/audience.css';
import { useAnswer } from '../data/queries.ts';
import { SelectField } from '../ui/controls.tsx';

/** Why a user is, or is not, in one of the audiences that have a rule; nothing where no audience has one. */
export function Why({ userId }: { userId: string }) {
  const audiences = useAnswer('audience', 'list', {});
  const [chosen, setChosen] = useState<string | null>(null);
  const ruled = (audiences.data?.rows ?? []).filter(({ kind }) => kind === 'rule');
  const slug = chosen ?? ruled[0]?.slug;
  if (slug === undefined) return null;
  return (
    <>
      <h3>Why, as of now</h3>
      <SelectField
        label="Audience with a rule"
        value={slug}
        onChange={(event) => setChosen(event.target.value)}
      >
        {ruled.map((audience) => (
          <option key={audience.slug} value={audience.slug}>
            {audience.slug}
          </option>
        ))}
      </SelectField>
      <ExplanationView slug={slug} userId={userId} />
    </>
  );
}
