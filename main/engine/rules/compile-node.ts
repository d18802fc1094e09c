import type { BetweenNode, BinaryNode, BooleanNode, CallNode, IncludeNode, Node, UnaryNode } from './ast.ts';
import { walk } from './ast.ts';
import type { OrderOp } from './boundary.ts';
import { literalNumber, toFloat } from './coerce.ts';
import { applyBetween, applyBinary } from './compare.ts';
import { nextCalendarStart } from './datemath.ts';
import { findFunction } from './functions/registry.ts';
import type { ClockUse, FunctionSpec } from './functions/spec.ts';
import { compileBetweenLeaf, compileLeaf } from './leaf.ts';
import { betweenProbe, comparisonProbe, hourlyProbe, noteInstant } from './probes.ts';
import type { FieldLayout, Probe, Run } from './scope.ts';
import { asFloat, floatValue, isInt, isKind, listValue, type Value } from './values.ts';

/** What the compilation of one rule collects on its way. */
export interface Build {
  readonly layout: FieldLayout;
  readonly probes: Probe[];
  /** Compiles an included audience; undefined when it does not exist or leads back to itself. */
  include(lowerName: string): Run | undefined;
}

const ORDER: ReadonlySet<string> = new Set(['==', '!=', '>', '>=', '<', '<=']);
const DATE_MATH = /^now./i;
const NO_ANSWER: Run = () => undefined;
/** The rule of an audience of everyone, `FILTER *`. */
export const EVERYONE: Run = () => true;

/**
 * Compiles an expression to a closure. `solved` says that the node is a direct operand of a comparison, whose probe takes
 * care of a time that moves with now.
 */
export function compileNode(node: Node, build: Build, solved = false): Run {
  switch (node.type) {
    case 'ident': {
      const slot = build.layout.slotOf(node);
      return (scope) => scope.values[slot];
    }
    case 'literal':
    case 'array':
      return constantRun(node);
    case 'binary':
      return compileBinary(node, build);
    case 'boolean':
      return compileBoolean(node, build);
    case 'between':
      return compileBetween(node, build);
    case 'unary':
      return compileUnary(node, build);
    case 'include':
      return compileInclude(node, build);
    case 'call':
      return compileCall(node, build, solved);
    case 'tuple': {
      const constant = constantOf(node);
      if (constant !== undefined) return () => constant;
      const items = node.args.map((item) => compileNode(item, build));
      return (scope) => listValue(items.map((item) => item(scope)));
    }
  }
}

/** The value of a node that is the same for every profile; undefined for any other. */
function constantOf(node: Node): Value | undefined {
  switch (node.type) {
    case 'literal':
      if (node.kind === 'number') return literalNumber(node.text);
      if (node.kind === 'bool') return node.text.toLowerCase() === 'true';
      return node.kind === 'null' ? null : node.text;
    case 'array':
      return listValue(
        node.items.map((item) => (item.kind === 'number' ? floatValue(Number(item.text)) : item.text)),
      );
    case 'tuple': {
      const items = node.args.map(constantOf);
      return items.includes(undefined) ? undefined : listValue(items);
    }
    default:
      return undefined;
  }
}

function constantRun(node: Node): Run {
  const constant = constantOf(node);
  return () => constant;
}

function compileBinary(node: BinaryNode, build: Build): Run {
  const { op } = node;
  const [leftNode, rightNode] = node.args;
  const order = ORDER.has(op);
  const left = compileNode(leftNode, build, order);
  const right = compileNode(rightNode, build, order);
  if (order && mayMove(leftNode, rightNode)) build.probes.push(comparisonProbe(op as OrderOp, left, right));
  const constant = constantOf(rightNode);
  if (leftNode.type === 'ident' && constant !== undefined) {
    return compileLeaf(op, build.layout.slotOf(leftNode), constant);
  }
  if (op === 'and' || op === 'or' || op === '&&') return compileInfix(op, left, right);
  return (scope) => applyBinary(op, left(scope), right(scope), scope.now);
}

function compileInfix(op: 'and' | 'or' | '&&', left: Run, right: Run): Run {
  return (scope) => {
    const [a, b] = [left(scope), right(scope)];
    if (typeof a === 'boolean' && typeof b === 'boolean') return op === 'or' ? a || b : a && b;
    return applyBinary(op, a, b, scope.now);
  };
}

/** AND ends at the first item that is not true, OR at the first that is; OR passes over items without an answer. */
function compileBoolean(node: BooleanNode, build: Build): Run {
  const items = node.args.map((item) => compileNode(item, build));
  const { negated } = node;
  if (node.op === 'or') {
    return (scope) => {
      for (const item of items) if (item(scope) === true) return !negated;
      return negated;
    };
  }
  return (scope) => {
    for (const item of items) {
      const answer = item(scope);
      if (answer === false) return negated;
      if (answer !== true) return undefined;
    }
    return !negated;
  };
}

function compileBetween(node: BetweenNode, build: Build): Run {
  const [value, low, high] = node.args.map((each) => compileNode(each, build, true));
  if (value === undefined || low === undefined || high === undefined) return NO_ANSWER;
  if (mayMove(...node.args)) build.probes.push(betweenProbe(value, low, high));
  const { negated } = node;
  const inside =
    fieldBetween(node, build) ?? ((scope) => applyBetween(value(scope), low(scope), high(scope), scope.now));
  if (!negated) return inside;
  return (scope) => {
    const answer = inside(scope);
    return answer === undefined ? undefined : answer === false;
  };
}

function fieldBetween(node: BetweenNode, build: Build): Run | undefined {
  const [field, low, high] = node.args;
  const [from, to] = [constantOf(low), constantOf(high)];
  if (field.type !== 'ident' || from === undefined || to === undefined) return undefined;
  return compileBetweenLeaf(build.layout.slotOf(field), from, to);
}

function compileUnary(node: UnaryNode, build: Build): Run {
  const arg = compileNode(node.arg, build);
  switch (node.op) {
    case 'not':
      return (scope) => {
        const answer = arg(scope);
        return typeof answer === 'boolean' ? !answer : undefined;
      };
    case 'exists': {
      if (node.arg.type !== 'ident') return (scope) => (arg(scope) ?? null) !== null;
      const slot = build.layout.slotOf(node.arg);
      return (scope) => (scope.values[slot] ?? null) !== null;
    }
    case '-':
      return (scope) => {
        const value = arg(scope);
        const numeric = isInt(value) || asFloat(value) !== undefined || isKind(value, 'time');
        return numeric ? floatValue(-(toFloat(value) ?? 0)) : undefined;
      };
  }
}

/**
 * An included rule without an answer is an error, but NOT INCLUDE of it is true; one that cannot be found is an error. NOT
 * INCLUDE of an audience of everyone is true: the reference engine answers for `*` before it looks at the NOT.
 */
function compileInclude(node: IncludeNode, build: Build): Run {
  const included = build.include(node.ident.name.toLowerCase());
  if (included === undefined) return NO_ANSWER;
  if (included === EVERYONE) return EVERYONE;
  const { negated } = node;
  return (scope) => {
    const answer = included(scope);
    if (typeof answer === 'boolean') return answer !== negated;
    return negated ? true : undefined;
  };
}

function compileCall(node: CallNode, build: Build, solved: boolean): Run {
  const spec = findFunction(node.name.toLowerCase());
  const args = node.args.map((arg) => compileNode(arg, build));
  if (spec === undefined) return NO_ANSWER;
  const probe = clockProbe(node, spec, args, solved);
  if (probe !== undefined) build.probes.push(probe);
  const { run } = spec;
  return (scope) =>
    run(
      args.map((arg) => arg(scope) ?? null),
      { now: scope.now, entries: () => scope.context.entries() },
    );
}

function clockProbe(
  node: CallNode,
  spec: FunctionSpec,
  args: readonly Run[],
  solved: boolean,
): Probe | undefined {
  const { clock } = spec;
  switch (clock?.kind) {
    case undefined:
      return undefined;
    case 'calendar':
      return node.args.length > 0
        ? undefined
        : ({ now }, sink) => noteInstant(sink, nextCalendarStart(now.sec, clock.unit));
    case 'own':
      return (scope, sink) => {
        const values = args.map((arg) => arg(scope) ?? null);
        noteInstant(sink, clock.nextChange(values, scope.now.sec));
      };
    case 'unknown':
      return node.args.length > clock.maxArgs ? undefined : hourlyProbe;
    case 'term':
      return solved ? undefined : hourlyProbe;
    case 'date-math':
      return (solved && clock.answer === 'time') || !readsDateMath(node) ? undefined : hourlyProbe;
  }
}

function readsDateMath(node: Node): boolean {
  let found = false;
  walk(node, (each) => {
    if (each.type === 'literal' && each.kind === 'string' && DATE_MATH.test(each.text)) found = true;
  });
  return found;
}

/** Whether a comparison of these operands can involve a time that moves: date math, a function of now, or two unknowns. */
function mayMove(...operands: readonly Node[]): boolean {
  const unknown = operands.filter((node) => node.type !== 'literal');
  return unknown.length > 1 || operands.some((node) => readsDateMath(node) || callsClock(node));
}

function callsClock(node: Node): boolean {
  const kinds: readonly (ClockUse['kind'] | undefined)[] = ['term', 'date-math'];
  return node.type === 'call' && kinds.includes(findFunction(node.name.toLowerCase())?.clock?.kind);
}

/** As {@link compileNode} for a whole rule: `*` and `match_all`, alone, match everyone. */
export function compilePhrase(node: Node, build: Build): Run {
  if (node.type === 'ident' && !node.quoted && (node.name === '*' || node.name === 'match_all'))
    return EVERYONE;
  return compileNode(node, build);
}
