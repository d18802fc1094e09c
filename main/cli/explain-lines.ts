import type { ExplainNode, Explanation } from '../../preload/contract/audience.ts';

/**
 * An explanation as text: what is so and since when, the rule as a tree with the answer of each part and the field values
 * that it read, and when time alone next changes the whole.
 */
export function explainLines({
  userId,
  audience,
  member,
  enteredAt,
  tree,
  lastChange,
  nextFlip,
}: Explanation): string[] {
  const since = enteredAt === null ? '' : ` since ${enteredAt}`;
  return [
    `${userId} is ${member ? 'in' : 'not in'} ${audience}${since}`,
    ...(tree === null ? [] : ['', ...nodeLines(tree, '', ''), '']),
    ...(lastChange === null
      ? ['Last change: none']
      : [`Last change: ${lastChange.event} at ${lastChange.at} (${lastChange.cause})`]),
    `Next change without new data: ${nextFlip ?? 'none'}`,
  ];
}

const MARKS = { true: '✓', false: '✗', error: '?', null: '?' } as const;

/** `first` stands before the line of the node, `rest` before the lines below it. */
function nodeLines(node: ExplainNode, first: string, rest: string): string[] {
  const answer = node.value === 'error' ? 'no answer' : String(node.value);
  const below = rest + (node.children.length > 0 ? '│  ' : '   ');
  const boundary = node.boundary === null ? [] : [`${below}meets its limit at ${node.boundary}`];
  return [
    `${first}${MARKS[`${node.value}`]} ${answer}  ${node.text}`,
    ...node.fields.map(({ name, value }) => `${below}${name} = ${value}`),
    ...(node.note === null ? [] : [`${below}${node.note}`]),
    ...(node.children.length > 0 ? [] : boundary),
    ...node.children.flatMap((child, at) =>
      at === node.children.length - 1
        ? nodeLines(child, `${rest}└─ `, `${rest}   `)
        : nodeLines(child, `${rest}├─ `, `${rest}│  `),
    ),
  ];
}
