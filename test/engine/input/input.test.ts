import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { chooseFormat, detectDelimiter } from '../../../main/engine/input/format.ts';
import { openInput } from '../../../main/engine/input/input.ts';
import { openCsv, readJsonRecords } from '../../../main/engine/input/records.ts';
import type { Reject } from '../../../main/engine/input/reject.ts';

const folder = mkdtempSync(join(tmpdir(), 'segue-input-'));
let files = 0;
function file(content: string | Uint8Array, extension = 'ndjson'): string {
  files += 1;
  const path = join(folder, `${files}.${extension}`);
  writeFileSync(path, content);
  return path;
}

async function content(path: string): Promise<Buffer> {
  const input = await openInput(path);
  const parts: Buffer[] = [];
  try {
    for await (const chunk of input.chunks()) parts.push(Buffer.from(chunk));
    return Buffer.concat(parts);
  } finally {
    await input.close();
  }
}

/** Two megabytes that do not compress away, so that every way in takes many chunks. */
const big = Buffer.from(
  Array.from({ length: 60_000 }, (_, i) => `{"user_id":"u${i}","n":${Math.imul(i, 0x9e3779b1)}}\n`).join(''),
);

describe('an input', () => {
  it.each([
    ['plain', big],
    ['gzip', gzipSync(big)],
    [
      'two gzip members',
      Buffer.concat([gzipSync(big.subarray(0, 999_999)), gzipSync(big.subarray(999_999))]),
    ],
    ['zstd', zstdCompressSync(big)],
    [
      'two zstd frames, parted inside a chunk',
      Buffer.concat([zstdCompressSync(big.subarray(0, 999_999)), zstdCompressSync(big.subarray(999_999))]),
    ],
    [
      'ten thousand zstd frames',
      Buffer.concat(
        Array.from({ length: 10_000 }, (_, n) =>
          zstdCompressSync(big.subarray((n * big.length) / 10_000, ((n + 1) * big.length) / 10_000)),
        ),
      ),
    ],
  ])('is read whole, %s, whatever its name says', async (_, bytes) => {
    expect((await content(file(bytes, 'txt'))).equals(big)).toBe(true);
  });

  it('loses a byte order mark', async () => {
    expect((await content(file(gzipSync('\u{feff}a,b\n')))).toString()).toBe('a,b\n');
    expect((await content(file(''))).length).toBe(0);
  });

  it.each([
    ['gzip', gzipSync(big)],
    ['zstd', zstdCompressSync(big)],
  ])('that is cut off is refused, saying how far it went: %s', async (compression, bytes) => {
    const cut = bytes.subarray(0, Math.floor(bytes.length / 2));
    await expect(content(file(cut))).rejects.toMatchObject({
      code: 'FILE_FORMAT',
      message: expect.stringContaining('cut off'),
      detail: { compression, bytesRead: cut.length, bytesUnpacked: expect.any(Number) },
    });
  });

  it('that is damaged is refused', async () => {
    const bytes = Buffer.from(gzipSync(big));
    bytes.fill(0x55, 50_000, 51_000);
    await expect(content(file(bytes))).rejects.toMatchObject({
      code: 'FILE_FORMAT',
      message: expect.stringContaining('damaged'),
    });
  });

  it('that grows while it is being read is refused', async () => {
    const path = file(big);
    const input = await openInput(path);
    const read = (async () => {
      for await (const _ of input.chunks()) appendFileSync(path, '{"user_id":"late"}\n');
    })();
    await expect(read).rejects.toMatchObject({ code: 'FILE_CHANGED', detail: { sizeBefore: big.length } });
    await input.close();
  });

  it('that is not there, or is a folder, is refused by name', async () => {
    const missing = join(folder, 'missing.csv');
    await expect(openInput(missing)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      detail: { path: missing },
    });
    await expect(openInput(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('that may not be read is refused', async () => {
    const path = file('secret');
    chmodSync(path, 0);
    const asNobody = `const { openInput } = await import(${JSON.stringify(new URL('../../../main/engine/input/input.ts', import.meta.url).href)});
      process.chdir('/'); if (process.getuid() === 0) process.setuid(65534);
      await openInput(${JSON.stringify(path)}).catch((error) => console.log(error.code));`;
    chmodSync(folder, 0o755);
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', asNobody], { encoding: 'utf8' });
    expect(out.trim()).toBe('FILE_UNREADABLE');
  });

  it.each([
    ['a zip archive', Buffer.from('PK\u0003\u0004rest')],
    ['UTF-16 text', Buffer.from('\u{feff}a,b\n', 'utf16le')],
    ['UTF-16 text', Buffer.from('\u{feff}a,b\n', 'utf16le').swap16()],
    ['UTF-32 text', Buffer.from(Uint32Array.from('\u{feff}a,b\n', (c) => c.codePointAt(0) ?? 0).buffer)],
    [
      'UTF-32 text',
      Buffer.from(Uint32Array.from('\u{feff}a,b\n', (c) => c.codePointAt(0) ?? 0).buffer).swap32(),
    ],
    ['a Parquet file', Buffer.from('PAR1....')],
  ])('of another kind is refused by name: %s', async (what, bytes) => {
    await expect(openInput(file(bytes, 'csv'))).rejects.toMatchObject({
      code: 'FILE_FORMAT',
      message: expect.stringContaining(what),
    });
  });

  it.runIf(process.platform !== 'win32')(
    'stops waiting for a named pipe when it is cancelled, whether or not anybody has it open',
    async () => {
      const path = join(folder, 'fifo');
      execFileSync('mkfifo', [path]);
      for (const opened of [false, true]) {
        const controller = new AbortController();
        const input = openInput(path, controller.signal);
        // Opening it to write waits until it is opened to read.
        const writer = opened ? await open(path, 'w') : undefined;
        controller.abort();
        await expect(input).rejects.toMatchObject({ code: 'CANCELLED' });
        await writer?.close();
      }
    },
  );

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const input = await openInput(file(big), controller.signal);
    const read = (async () => {
      for await (const _ of input.chunks()) controller.abort();
    })();
    await expect(read).rejects.toMatchObject({ code: 'CANCELLED' });
    await input.close();
  });

  it('comes from standard input too', () => {
    const script = `const { openInput } = await import(${JSON.stringify(new URL('../../../main/engine/input/input.ts', import.meta.url).href)});
      const input = await openInput('-'); let bytes = 0;
      for await (const chunk of input.chunks()) bytes += chunk.length;
      await input.close(); console.log(JSON.stringify({ bytes, read: input.bytesRead(), total: input.totalBytes }));`;
    const packed = gzipSync(big);
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { input: packed });
    expect(JSON.parse(out.toString())).toEqual({ bytes: big.length, read: packed.length, total: null });
  });
});

describe('the format', () => {
  it.each([
    ['users.csv', '{"a":1}', 'csv'],
    ['users.tsv.gz', 'a\tb', 'csv'],
    ['users.jsonl', '[1]', 'ndjson'],
    ['users.json', ' \n[{"a":1}]', 'json'],
    ['users.json.zst', '{"a":1}\n{"a":2}', 'ndjson'],
    ['users', '[{"a":1}]', 'json'],
    ['users', '{"a":1}', 'ndjson'],
    ['users.txt', 'a,b', 'csv'],
    ['users', '', 'ndjson'],
  ])('of %s with %j is %s', async (name, text, expected) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    const input = await openInput(path);
    expect(await chooseFormat(input)).toBe(expected);
    await input.close();
  });

  it('of a .json file that is no JSON is refused', async () => {
    const input = await openInput(file('user_id,a', 'json'));
    await expect(chooseFormat(input)).rejects.toMatchObject({ code: 'FILE_FORMAT', detail: { found: 'u' } });
    await input.close();
  });

  it.each([
    ['a,b,c', ','],
    ['a;b;c\n1,2,3,4,5', ';'],
    ['a\tb', '\t'],
    ['"x;y;z",b', ','],
    ['alone', ','],
  ])('delimiter of %j is %j', (text, delimiter) => {
    expect(detectDelimiter(Buffer.from(text))).toBe(delimiter);
  });
});

describe('records', () => {
  it('reject invalid UTF-8 with line and column, and keep the others', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a":"é"}\n{"b":"é'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}\n{}'),
    ]);
    const input = await openInput(file(bytes));
    const rejects: Reject[] = [];
    const texts: string[] = [];
    for await (const batch of readJsonRecords(input, 'ndjson', {
      onReject: (reject) => rejects.push(reject),
    }))
      texts.push(...batch.map(({ text }) => text));
    await input.close();
    expect(texts).toEqual(['{"a":"é"}', '{}']);
    expect(rejects).toMatchObject([{ line: 2, column: 9, reason: 'The bytes are not valid UTF-8' }]);
  });

  it('of CSV need the columns that are asked for', async () => {
    const input = await openInput(file('u1,a@example.com\nu2,b@example.com\n', 'csv'));
    await expect(openCsv(input, { required: ['user_id'], onReject: () => undefined })).rejects.toMatchObject({
      code: 'FILE_FORMAT',
      message: expect.stringContaining('"user_id"'),
      detail: { expected: ['user_id'], found: ['u1', 'a@example.com'] },
    });
    await input.close();
  });

  it('of CSV have as many fields as the header', async () => {
    const input = await openInput(file('\u{feff}user_id;email\r\nu1;a\r\nu2\r\nu3;b;c\r\n', 'csv'));
    const rejects: Reject[] = [];
    const csv = await openCsv(input, { required: ['user_id'], onReject: (reject) => rejects.push(reject) });
    const rows: unknown[] = [];
    for await (const batch of csv.batches()) rows.push(...batch);
    await input.close();
    expect(csv.header).toEqual(['user_id', 'email']);
    expect(rows).toEqual([{ line: 2, fields: ['u1', 'a'] }]);
    expect(rejects).toMatchObject([
      { line: 3, reason: 'The row has 1 of 2 columns' },
      { line: 4, reason: 'The row has 3 of 2 columns' },
    ]);
  });
});
