import { CircleCheck, CircleHelp, CircleX } from 'lucide-react';
import type { ExplainNode } from '../../preload/contract/audience.ts';
import { useAnswer } from '../data/queries.ts';
import { causeWords } from '../history/cause-words.ts';
import { instant } from '../ui/format.ts';
import { ErrorNotice } from '../ui/notice.tsx';

const words = { true: 'true', false: 'false', error: 'error', null: 'not known' } as const;

function Node({ node }: { node: ExplainNode }) {
  const Icon = node.value === true ? CircleCheck : node.value === false ? CircleX : CircleHelp;
  return (
    <li>
      <div className={`explain ${node.value}`}>
        <Icon aria-hidden size={14} />
        <span className="explain-value">{words[`${node.value}`]}</span>
        <code>{node.text}</code>
      </div>
      {node.fields.length > 0 ? (
        <p className="hint">{node.fields.map((field) => `${field.name} = ${field.value}`).join(', ')}</p>
      ) : null}
      {node.boundary === null || node.children.length > 0 ? null : (
        <p className="hint">meets its limit at {node.boundary}</p>
      )}
      {node.children.length > 0 ? (
        <ul>
          {node.children.map((child, at) => (
            // A rule may say the same twice, and its parts never change places.
            // biome-ignore lint/suspicious/noArrayIndexKey: the place is what tells them apart
            <Node key={at} node={child} />
          ))}
        </ul>
      ) : null}
    </li>
  );
}

/** Why a user is, or is not, in an audience: each part of the rule with its value, and the next flip. */
export function ExplanationView({ slug, userId }: { slug: string; userId: string }) {
  const explained = useAnswer('audience', 'explain', { slug, userId });
  if (explained.error) return <ErrorNotice error={explained.error} />;
  if (explained.data === undefined) return <p className="hint">Explaining</p>;
  const { member, enteredAt, tree, nextFlip, lastChange } = explained.data;
  return (
    <div className="explanation">
      <p>
        {userId} is{' '}
        {member ? `a member of ${slug} since ${instant(enteredAt)} UTC` : `not a member of ${slug}`}.
      </p>
      <dl className="facts">
        <dt>Last change</dt>
        <dd>
          {lastChange === null
            ? 'none'
            : `${lastChange.event} at ${instant(lastChange.at)} UTC, by ${causeWords[lastChange.cause]}`}
        </dd>
        <dt>Next flip</dt>
        <dd>{nextFlip ?? 'none without new data'}</dd>
      </dl>
      {tree === null ? (
        <p className="hint">The membership was imported; there is no rule to explain.</p>
      ) : (
        <ul className="tree" aria-label="Rule">
          <Node node={tree} />
        </ul>
      )}
    </div>
  );
}
