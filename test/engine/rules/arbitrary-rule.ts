import fc from 'fast-check';

/** Texts of rules of every expression form, for property tests. */
const field = fc.constantFrom(
  'name',
  'age',
  'a.b',
  'created',
  '`two words`',
  "'quoted'",
  'hits.`Web hit`',
  '_uid',
  'é_1',
);
const text = fc
  .string({ maxLength: 8 })
  .map((value) => `"${value.replaceAll('\\', '/').replaceAll('"', '\\"')}"`);
const number = fc.oneof(fc.nat().map(String), fc.constantFrom('5.5', '83.0', '1e3', '9223372036854775807'));
const value = fc.oneof(text, number, fc.constantFrom('true', 'FALSE', 'NULL', '*', '"now-3d"'));
const list = fc.array(value, { minLength: 1, maxLength: 3 }).map((items) => `(${items.join(', ')})`);
const array = fc.array(fc.oneof(text, number), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`);

const { expression } = fc.letrec<{ operand: string; expression: string }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    field,
    value,
    fc
      .tuple(fc.constantFrom('tolower', 'len', 'unknown_fn'), tie('operand'))
      .map(([fn, arg]) => `${fn}(${arg})`),
    fc
      .tuple(tie('operand'), fc.constantFrom('+', '-', '*', '/', '%'), tie('operand'))
      .map((parts) => `(${parts.join(' ')})`),
    tie('operand').map((operand) => `- ${operand}`),
    tie('expression').map((inner) => `(${inner})`),
  ),
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .tuple(
        tie('operand'),
        fc.constantFrom('==', '=', '!=', '<>', '>', '>=', '<', '<=', 'LIKE', 'contains', 'NOT LIKE'),
        tie('operand'),
      )
      .map((parts) => parts.join(' ')),
    fc
      .tuple(
        field,
        fc.constantFrom('IN', 'NOT IN', 'INTERSECTS', 'not intersects'),
        fc.oneof(list, array, field),
      )
      .map((parts) => parts.join(' ')),
    fc
      .tuple(tie('operand'), fc.constantFrom('BETWEEN', 'NOT BETWEEN'), value, value)
      .map(([a, op, b, c]) => `${a} ${op} ${b} AND ${c}`),
    field.map((name) => `EXISTS ${name}`),
    fc.constantFrom('INCLUDE other', 'INCLUDE 3d4240482815b9848caf2e6f', 'NOT INCLUDE `some other`'),
    fc
      .tuple(
        fc.constantFrom('AND', 'OR', 'NOT AND', 'and'),
        fc.array(tie('expression'), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(', ', '\n'),
      )
      .map(([op, items, separator]) => `${op} (${items.join(separator)})`),
    fc
      .tuple(tie('expression'), fc.constantFrom(' AND ', ' OR ', ' && ', ' || '), tie('expression'))
      .map((parts) => `(${parts.join('')})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('AND', 'OR'), tie('expression'))
      .map(([left, op, right]) => `${left} ${op} (${right})`),
    tie('expression').map((inner) => `NOT (${inner})`),
    tie('expression').map((inner) => `NOT ${inner}`),
  ),
}));

export const ruleTexts = expression.map((each) => `FILTER ${each}`);
