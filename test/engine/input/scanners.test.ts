import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCsvScanner, fieldTexts } from '../../../main/engine/input/csv.ts';
import { createArrayScanner } from '../../../main/engine/input/json-array.ts';
import { createLineScanner, type Scanner } from '../../../main/engine/input/lines.ts';
import type { Reject } from '../../../main/engine/input/reject.ts';

/** Pushes bytes in pieces of the given sizes, each in a buffer that is overwritten afterwards, as the reader does. */
function feed(scanner: Scanner, bytes: Buffer, sizes: readonly number[]): void {
  let at = 0;
  let turn = 0;
  while (at < bytes.length) {
    const size = Math.max(1, sizes.length === 0 ? bytes.length : (sizes[turn % sizes.length] ?? 1));
    const piece = Buffer.from(bytes.subarray(at, at + size));
    scanner.push(piece);
    piece.fill(0x22);
    at += size;
    turn += 1;
  }
  scanner.end();
}

function scanCsv(
  text: string | Buffer,
  { delimiter = ',', sizes = [] as number[], maxBytes = 1 << 20 } = {},
) {
  const rows: { line: number; fields: string[] }[] = [];
  const rejects: Reject[] = [];
  const scanner = createCsvScanner({
    delimiter,
    maxBytes,
    onRow: (row) => rows.push({ line: row.line, fields: fieldTexts(row) }),
    onReject: (reject) => rejects.push(reject),
  });
  feed(scanner, Buffer.from(text), sizes);
  return { rows, rejects };
}

function scanLines(text: string | Buffer, { sizes = [] as number[], maxBytes = 1 << 20 } = {}) {
  const lines: { line: number; text: string }[] = [];
  const rejects: Reject[] = [];
  const scanner = createLineScanner({
    maxBytes,
    onLine: (bytes, start, end, line) => lines.push({ line, text: bytes.toString('utf8', start, end) }),
    onReject: (reject) => rejects.push(reject),
  });
  feed(scanner, Buffer.from(text), sizes);
  return { lines, rejects };
}

function scanArray(text: string, { sizes = [] as number[], maxBytes = 1 << 20 } = {}) {
  const elements: { line: number; column: number; text: string }[] = [];
  const rejects: Reject[] = [];
  const scanner = createArrayScanner({
    name: 'test.json',
    maxBytes,
    onElement: (bytes, start, end, line, column) =>
      elements.push({ line, column, text: bytes.toString('utf8', start, end) }),
    onReject: (reject) => rejects.push(reject),
  });
  feed(scanner, Buffer.from(text), sizes);
  return { elements, rejects };
}

const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 });

describe('CSV', () => {
  it('reads quotes, doubled quotes, delimiters and line ends in quotes, LF and CR LF', () => {
    const text = 'a,b\r\n"x,1","say ""hi"""\n"two\r\nlines",\nlast,"q"';
    expect(scanCsv(text).rows).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['x,1', 'say "hi"'] },
      { line: 3, fields: ['two\r\nlines', ''] },
      { line: 5, fields: ['last', 'q'] },
    ]);
  });

  it('gives back any table that was written as RFC 4180 says, however it is cut into chunks', () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '"', ',', '\n', '\r', ' ', ';') });
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 8 });
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), fc.boolean(), pieces, (rows, end, all, sizes) => {
        const quote = (text: string) =>
          all || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
        const text = rows.map((row) => row.map(quote).join(',')).join(end);
        const read = scanCsv(text, { sizes });
        expect(read.rejects).toEqual([]);
        expect(read.rows.map(({ fields }) => fields)).toEqual(rows);
      }),
    );
  });

  it('finds the same rows and rejects in any text, whole or in pieces', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r\n', '\0'), maxLength: 60 });
    fc.assert(
      fc.property(text, pieces, (any, sizes) => {
        expect(scanCsv(any, { sizes })).toEqual(scanCsv(any));
      }),
    );
  });

  it('rejects a bad row with its place and goes on behind it', () => {
    const { rows, rejects } = scanCsv(
      Buffer.concat([Buffer.from('k,v\n1,"a"b\n2,'), Buffer.from([0xff]), Buffer.from('\n3,\0\n4,ok\n')]),
    );
    expect(rows.map(({ fields }) => fields)).toEqual([
      ['k', 'v'],
      ['4', 'ok'],
    ]);
    expect(rejects).toMatchObject([
      { line: 2, column: 6, reason: 'Text stands behind a closing quote' },
      { line: 3, column: 3, reason: 'The bytes are not valid UTF-8' },
      { line: 4, column: 3, reason: 'The row holds a NUL byte' },
    ]);
  });

  it('loses one line, not the rest of the file, to a quote that is never closed', () => {
    const { rows, rejects } = scanCsv('k,v\n1,"open\n2,b\n3,c\n', { sizes: [3] });
    expect(rows.map(({ fields }) => fields[0])).toEqual(['k', '2', '3']);
    expect(rejects).toMatchObject([{ line: 2, column: 3, reason: 'The quote is never closed' }]);
  });

  it('refuses a million columns and a row over the cap without keeping them', () => {
    const wide = scanCsv(`a,b\n${','.repeat(1_000_000)}\n1,2\n`, { sizes: [65_536], maxBytes: 1 << 24 });
    expect(wide.rows.map(({ line }) => line)).toEqual([1, 3]);
    expect(wide.rejects).toMatchObject([{ line: 2, reason: 'The row has more than 4096 columns' }]);
    const long = scanCsv(`a,b\n1,${'x'.repeat(5000)}\n1,2\n`, { sizes: [512], maxBytes: 1000 });
    expect(long.rows.map(({ line }) => line)).toEqual([1, 3]);
    expect(long.rejects).toMatchObject([{ line: 2, reason: 'The row is longer than 1000 bytes' }]);
  });
});

describe('lines', () => {
  it('are the lines of the text, however it is cut into chunks', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '{', '\n', '\r\n', ' '), maxLength: 80 });
    fc.assert(
      fc.property(text, pieces, (any, sizes) => {
        const expected = any
          .split('\n')
          .map((line, i) => ({ line: i + 1, text: line.endsWith('\r') ? line.slice(0, -1) : line }))
          .filter((line) => line.text.trim() !== '');
        expect(scanLines(any, { sizes }).lines).toEqual(expected);
      }),
    );
  });

  it('over the cap are rejected once and skipped', () => {
    const { lines, rejects } = scanLines(`{"a":1}\n{"b":"${'x'.repeat(3000)}"}\n{"c":1}\n`, {
      sizes: [100],
      maxBytes: 1000,
    });
    expect(lines.map(({ line }) => line)).toEqual([1, 3]);
    expect(rejects).toMatchObject([{ line: 2, column: 1, reason: 'The line is longer than 1000 bytes' }]);
    expect(rejects[0]?.excerpt).toMatch(/^\{"b":"x{50,200}$/);
  });
});

describe('a JSON array', () => {
  it('is cut into the texts of its elements, byte for byte, however it is cut into chunks', () => {
    const layout = fc.constantFrom('', ' ', '\n', ' \r\n\t');
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), layout, fc.boolean(), pieces, (values, space, pretty, sizes) => {
        const texts = values.map((value) => JSON.stringify(value, null, pretty ? 2 : 0));
        const text = `${space}[${texts.map((one) => space + one + space).join(',')}]${space}`;
        const { elements, rejects } = scanArray(text, { sizes });
        expect(elements.map((element) => element.text)).toEqual(texts);
        expect(rejects).toEqual([]);
      }),
    );
  });

  it('says where each element begins', () => {
    expect(scanArray('[\n  {"a":1},\n  {"b":\n2}, 3]').elements).toEqual([
      { line: 2, column: 3, text: '{"a":1}' },
      { line: 3, column: 3, text: '{"b":\n2}' },
      { line: 4, column: 5, text: '3' },
    ]);
  });

  it.each(['', '[', '[{"a":1}', '[{"a":"]', '[1,', '{"a":1}'])('that is not whole is refused: %j', (text) => {
    expect(() => scanArray(text)).toThrowError(expect.objectContaining({ code: 'FILE_FORMAT' }));
  });

  it('rejects missing elements, text behind it and an element over the cap', () => {
    expect(scanArray('[1,,2,] x y').rejects).toMatchObject([
      { line: 1, column: 4 },
      { line: 1, column: 7 },
      { line: 1, column: 9, reason: 'Text stands behind the end of the array' },
    ]);
    const long = scanArray(`[1,"${'x'.repeat(3000)}",2]`, { sizes: [64], maxBytes: 1000 });
    expect(long.elements.map(({ text }) => text)).toEqual(['1', '2']);
    expect(long.rejects).toMatchObject([{ column: 4, reason: 'The element is longer than 1000 bytes' }]);
  });
});
