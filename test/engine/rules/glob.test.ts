import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../../main/engine/rules/glob.ts';

function matches(pattern: string, text: string): boolean | undefined {
  return compileGlob(pattern)?.(text);
}

describe('LIKE', () => {
  it.each([
    ['*da', 'Yoda', true],
    ['%da', 'Yoda', true],
    ['da', 'Yoda', false],
    ['Y?da', 'Yoda', true],
    ['Y_da', 'Yoda', false],
    ['[X-Z]oda', 'Yoda', true],
    ['[^X-Z]oda', 'Yoda', false],
    ['yoda', 'Yoda', false],
    ['*', '/blog/', false],
    ['**', '/blog/', true],
    ['*blog*', '/blog/', false],
    ['**blog**', '/a/blog/b', true],
    ['www.site.com/*', 'www.site.com/blog', true],
    ['www.site.com/*', 'www.site.com/blog/post', false],
    ['www.site.com/**', 'www.site.com/blog/post', true],
    ['?', '/', false],
    ['\\*bc', '*bc', true],
    ['\\*bc', 'abc', false],
    ['', '', true],
    ['*', '', true],
    ['a*b*c', 'a1b2c', true],
    ['?', '😀', true],
  ])('%j on %j is %j', (pattern, text, wanted) => {
    expect(matches(pattern, text)).toBe(wanted);
  });

  it.each(['[abc', '[', 'abc\\', '[a-'])('knows that %j is no pattern', (pattern) => {
    expect(compileGlob(pattern)).toBeUndefined();
  });

  it('agrees with the same pattern as a regular expression', () => {
    const pieces = fc.constantFrom('a', 'b', '/', '*', '**', '?', '[a-b]', '[^a]');
    const patterns = fc.array(pieces, { maxLength: 6 }).map((each) => each.join(''));
    const texts = fc
      .array(fc.constantFrom('a', 'b', 'c', '/'), { maxLength: 8 })
      .map((each) => each.join(''));
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        const source = pattern
          .replace(/\*{2,}/g, '\u0000')
          .replaceAll('*', '[^/]*')
          .replaceAll('?', '[^/]')
          .replaceAll('\u0000', '.*');
        expect(matches(pattern, text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('reads each letter once per place of the pattern, however many stars', () => {
    // A backtracking matcher needs more than 10^20 steps for this.
    const pattern = `${'a*'.repeat(40)}b`;
    expect(matches(pattern, 'a'.repeat(20_000))).toBe(false);
    expect(matches(`**${pattern}`, `${'a'.repeat(20_000)}b`)).toBe(true);
  });
});
