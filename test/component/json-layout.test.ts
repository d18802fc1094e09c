import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compactJson, layOutJson, lineOf, sourceLineOf } from '../../renderer/message/json-layout.ts';
import { BODY } from './sample-rows.ts';

test('only white space differs between a body and its layout, whatever the body', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 1, 2, '\t'), (text, indent) => {
      const source = JSON.stringify(JSON.parse(text), null, indent);
      const { text: laidOut } = layOutJson(source);
      expect(compactJson(laidOut)).toBe(JSON.stringify(JSON.parse(text)));
      expect(JSON.parse(laidOut)).toEqual(JSON.parse(source));
    }),
  );
});

test('numbers above 2^53, trailing zeros and key order stay as they are', () => {
  const { text } = layOutJson(BODY);
  expect(text).toContain('"order_id": 9007199254740993');
  expect(text).toContain('1.50');
  expect(text.indexOf('"_created"')).toBeLessThan(text.indexOf('"segment_events"'));
  expect(text).toContain('"geo": {}');
});

test('a pointer leads to the line of its value', () => {
  const laidOut = layOutJson(BODY);
  const lines = laidOut.text.split('\n');
  expect(lines[lineOf(laidOut, '/data/order_id') - 1]).toContain('9007199254740993');
  expect(lines[lineOf(laidOut, '/data/segment_events/0/slug') - 1]).toContain('at_risk_to_churn');
  expect(lines[lineOf(laidOut, '/meta') - 1]).toContain('"meta"');
});

test('a pointer leads to its line in a source with lines of its own', () => {
  const source = '{"a":\n 1, "b":\n\n{"c": 2}}';
  expect(['/a', '/b', '/b/c', '/b/d', '/z'].map((pointer) => sourceLineOf(source, pointer))).toEqual([
    2, 4, 4, 4, 1,
  ]);
});

test('a pointer to what is missing leads to what is around it', () => {
  const laidOut = layOutJson(BODY);
  expect(lineOf(laidOut, '/data/address/street')).toBe(lineOf(laidOut, '/data/address'));
  expect(lineOf(laidOut, '/nothing')).toBe(1);
});

test('keys with a slash or a tilde are found by their escaped pointer', () => {
  const laidOut = layOutJson('{"a/b":{"~":1}}');
  expect(laidOut.text.split('\n')[lineOf(laidOut, '/a~1b/~0') - 1]).toContain('"~": 1');
});

test('text that is no JSON ends and keeps its characters', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(layOutJson(text).text.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    }),
  );
});
