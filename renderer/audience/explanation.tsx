import { CircleCheck, CircleHelp, CircleX } from 'lucide-react';
import type { ExplainNode } from '../../preload/contract/audience.ts';
import { useAnswer } from '../data/queries.ts';
import { causeWords } from '../history/cause-words.ts';
import { instant } from '../ui/format.ts';
import { ReadFailed } from '../ui/notice.tsx';

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
      {node.note === null ? null : <p className="hint">{node.note}</p>}
      {node.boundary === null || node.children.length > 0 ? null : (
        <p className="hint">meets its limit at {node.boundary}</p>
      )}
      {node.children.length > 0 ? (
        <ul>
          {keyed(node.children).map(({ key, child }) => (
            <Node key={key} node={child} />
          ))}
        </ul>
      ) : null}
    </li>
  );
}

/** Parts of a rule with a key each: what it says, and which it is of those that say the same. */
function keyed(children: readonly ExplainNode[]): { key: string; child: ExplainNode }[] {
  const times = new Map<string, number>();
  return children.map((child) => {
    const nth = (times.get(child.text) ?? 0) + 1;
    times.set(child.text, nth);
    return { key: `${nth} ${child.text}`, child };
  });
}

/** Why a user is, or is not, in an audience: each part of the rule with its value, and the next flip. */
export function ExplanationView({ slug, userId }: { slug: string; userId: string }) {
  const explained = useAnswer('audience', 'explain', { slug, userId });
  if (explained.error) return <ReadFailed read={explained} />;
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
