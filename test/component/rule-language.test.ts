import { CompletionContext } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scanRule } from '../../preload/contract/rule-tokens.ts';
import { completeRule, roleOf } from '../../renderer/audience/rule-language.ts';

const NAMES = {
  fields: ['total_spend', 'last seen'],
  audiences: ['big_spender', 'gone away'],
  functions: ['tolower'],
};

/** What is offered at the end of a text: label and what it inserts. */
function offered(text: string, explicit = false) {
  const state = EditorState.create({ doc: text });
  const result = completeRule(new CompletionContext(state, text.length, explicit), NAMES);
  return result?.options.map(({ label, apply }) => [label, apply ?? label]) ?? null;
}

test('fields, functions and keywords are offered for a word, audiences behind INCLUDE', () => {
  expect(offered('FILTER to')).toEqual(
    expect.arrayContaining([
      ['total_spend', 'total_spend'],
      ['last seen', '`last seen`'],
      ['tolower', 'tolower('],
      ['BETWEEN', 'BETWEEN'],
    ]),
  );
  expect(offered('FILTER AND (x > 1, include b')).toEqual([
    ['big_spender', 'big_spender'],
    ['gone away', '`gone away`'],
  ]);
  expect(offered('FILTER INCLUDE ', true)).toHaveLength(2);
});

test('nothing is offered in texts, comments and numbers, or unasked behind a space', () => {
  for (const text of ['FILTER x == "to', 'FILTER x == "to"', 'FILTER x -- to', 'FILTER x > 12'])
    expect(offered(text, true)).toBeNull();
  expect(offered('FILTER ')).toBeNull();
});

test('each part of a rule has its colour', () => {
  const text = 'FILTER AND (tolower(city) == "Oslo", `a b` > 5, vip = TRUE) -- why';
  const roles = [...scanRule(text)].flatMap((token) => {
    const role = roleOf(token, text);
    return role === undefined ? [] : [`${text.slice(token.from, token.to)} ${role}`];
  });
  expect(roles).toEqual([
    'FILTER keyword',
    'AND keyword',
    'tolower function',
    'city field',
    '"Oslo" string',
    '`a b` field',
    '5 number',
    'vip field',
    'TRUE atom',
    '-- why comment',
  ]);
});

test('the tokens of any text cover it without a gap', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('"', "'", '`', '/', '*', 'a', '1', ' ', '\n', '-', 'é', '\\') }),
      (text) => {
        expect([...scanRule(text)].map(({ from, to }) => text.slice(from, to)).join('')).toBe(text);
      },
    ),
  );
});
