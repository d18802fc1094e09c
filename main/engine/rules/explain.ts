import { formatInstant, type Instant, parseInstant } from '../core/instant.ts';
import { type Node, walk } from './ast.ts';
import { newSink } from './boundary.ts';
import { plainText } from './coerce.ts';
import { type Build, compilePhrase } from './compile-node.ts';
import { scopeAt } from './context.ts';
import { formatTime } from './dates.ts';
import { printNode } from './print.ts';
import { type FieldLayout, type Probe, type ProfileContext, type Tri, triOf } from './scope.ts';
import { type TimeValue, timeValue, type Value } from './values.ts';

/** One part of a rule with its answer for one profile. */
export interface ExplainNode {
  /** Canonical text of this part. */
  readonly text: string;
  readonly value: Tri;
  /** The fields that this part reads itself, with their values as text; null for one that the profile has not. */
  readonly fields: readonly { readonly name: string; readonly value: string | null }[];
  /** As in `RuleAnswer`, of this part alone; RFC 3339. */
  readonly boundary: string | null;
  readonly changesAt: string | null;
  readonly approximate: boolean;
  /** An INCLUDE that cannot be resolved: the audience's name in lower case. */
  readonly unresolved: string | null;
  readonly children: readonly ExplainNode[];
}

interface Explanation {
  readonly layout: FieldLayout;
  readonly include: Build['include'];
  /** The expression of an included audience. */
  readonly included: (lowerName: string) => Node | undefined;
  readonly context: ProfileContext;
  readonly now: TimeValue;
  /** Included audiences that are explained already: each is opened where it is first named. */
  readonly opened: Map<string, ExplainNode>;
}

const MAX_SHOWN = 200;

/** The tree of a rule's logical parts, each evaluated on its own. Included audiences are opened where they can be resolved. */
export function explainNode(node: Node, explanation: Explanation): ExplainNode {
  const { layout, include, context, now } = explanation;
  const probes: Probe[] = [];
  const run = compilePhrase(node, { layout, probes, include });
  const scope = scopeAt(layout, context, now);
  const known = node.type === 'include' ? explanation.opened.get(node.ident.name.toLowerCase()) : undefined;
  const parts = known === undefined ? partsOf(node, explanation) : [];
  const children = parts.map((part) => explainNode(part, explanation));
  const [only] = children;
  if (node.type === 'include' && only !== undefined)
    explanation.opened.set(node.ident.name.toLowerCase(), only);
  const sink = newSink();
  for (const probe of probes) probe(scope, sink);
  const { boundary, changeSec } = sink;
  // The probes of an included audience belong to the rule that was compiled first; here its children know them.
  const below = known === undefined ? (node.type === 'include' ? children : []) : [known];
  return {
    text: printNode(node),
    value: triOf(run(scope)),
    fields: children.length > 0 ? [] : fieldsOf(node, layout, scope.values),
    boundary: earliest([textOf(boundary), ...below.map((child) => child.boundary)]),
    changesAt: earliest([
      textOf(changeSec === undefined ? undefined : timeValue(changeSec, 0)),
      ...below.map((child) => child.changesAt),
    ]),
    unresolved: node.type === 'include' ? unresolvedName(node.ident.name, include) : null,
    approximate: sink.approximate || below.some((child) => child.approximate),
    children,
  };
}

function unresolvedName(name: string, include: Build['include']): string | null {
  const lowerName = name.toLowerCase();
  return include(lowerName) === undefined ? lowerName : null;
}

function partsOf(node: Node, { included, include }: Explanation): readonly Node[] {
  switch (node.type) {
    case 'boolean':
      return node.args;
    case 'binary':
      return ['and', '&&', 'or'].includes(node.op) ? node.args : [];
    case 'unary':
      return node.op === 'not' ? [node.arg] : [];
    case 'include': {
      const name = node.ident.name.toLowerCase();
      const filter = include(name) === undefined ? undefined : included(name);
      return filter === undefined ? [] : [filter];
    }
    default:
      return [];
  }
}

function fieldsOf(
  node: Node,
  layout: FieldLayout,
  values: readonly (Value | undefined)[],
): ExplainNode['fields'] {
  const fields = new Map<string, string | null>();
  walk(node, (each) => {
    if (each.type === 'ident') fields.set(each.name, displayValue(values[layout.slotOf(each)]));
  });
  return [...fields].map(([name, value]) => ({ name, value }));
}

/** A value as an operator wants to read it, clipped; null for a field that is not there. */
export function displayValue(value: Value | undefined): string | null {
  if (value === undefined) return null;
  const text = display(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

function display(value: Value | undefined): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return plainText(value);
  switch (value.kind) {
    case 'time':
      return formatTime(value);
    case 'list':
    case 'strings':
      return `[${value.items.slice(0, MAX_SHOWN).map(display).join(', ')}]`;
    case 'map':
      return `{${[...value.entries]
        .slice(0, MAX_SHOWN)
        .map(([key, item]) => `${JSON.stringify(key)}: ${display(item)}`)
        .join(', ')}}`;
    default:
      return plainText(value);
  }
}

function textOf(time: TimeValue | undefined): string | null {
  const instant: Instant | undefined = time === undefined ? undefined : parseInstant(formatTime(time));
  return instant === undefined ? null : formatInstant(instant);
}

/** RFC 3339 texts in UTC with different decimals do not sort as text. */
function earliest(times: readonly (string | null)[]): string | null {
  const known = times.filter((time) => time !== null);
  return known.reduce(
    (a: string | null, b) => (a === null || b.replace('Z', '') < a.replace('Z', '') ? b : a),
    null,
  );
}
