import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { formatInstant } from '../../../main/engine/core/instant.ts';
import type { Reject } from '../../../main/engine/input/reject.ts';
import { createSnapshotCsv, type SnapshotColumns } from '../../../main/engine/snapshot/csv-rows.ts';
import { instantAt } from '../../../main/engine/snapshot/instant-words.ts';
import {
  INSTANT_WORDS,
  KEY_BYTES,
  KIND_SHIFT,
  PACKED,
  PARTITIONS,
  RECORD_HEADER_WORDS,
  TIMED,
} from '../../../main/engine/snapshot/kernel/layout.ts';
import { createRowSink, type RowSink } from '../../../main/engine/snapshot/sink.ts';
import { day, openTestWorkspace } from './workspace.ts';

const { dir, remove } = openTestWorkspace();
afterAll(remove);

const COLUMNS: SnapshotColumns = { user: 1, segment: 2, entered: 3, count: 4 };

interface Taken {
  readonly rows: readonly string[];
  readonly rejects: readonly Reject[];
  readonly counted: number;
  readonly timed: boolean;
  /** What the rows take in all partitions. */
  readonly words: number;
  /** The names that were looked up, in turn. */
  readonly asked: readonly string[];
}

/** Reads a file that comes in these pieces, its header among them. */
async function read(pieces: readonly Buffer[], columns = COLUMNS): Promise<Taken> {
  const names: string[] = [];
  const asked: string[] = [];
  const resolve = (ref: string) => {
    asked.push(ref);
    if (ref.includes('bad')) return `No audience can be called ${ref}`;
    if (!names.includes(ref)) names.push(ref);
    return names.indexOf(ref);
  };
  const audiences = { all: [], resolve, resolveImported: resolve };
  const sink = createRowSink(join(dir, 'rows'), audiences, day(1000));
  const rejects: Reject[] = [];
  const onReject = (reject: Reject) => rejects.push(reject);
  const input = { head: () => Promise.resolve(pieces[0] ?? Buffer.alloc(0)) };
  const scanner = await createSnapshotCsv(input, columns, { sink, audiences, onReject });
  for (const piece of pieces) scanner.push(piece);
  scanner.end();
  const rows = rowsOf(sink, names);
  const words = Array.from({ length: PARTITIONS }, (_, n) => sink.size(n)).reduce((sum, one) => sum + one);
  sink.close();
  return { rows, rejects, counted: sink.rows(), timed: sink.timed(), words, asked };
}

/** What the sink holds, partition by partition, in the order in which it came. */
function rowsOf(sink: RowSink, names: readonly string[]): string[] {
  const rows: string[] = [];
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const words = new Int32Array(sink.size(partition));
    sink.read(partition, words, 0);
    const bytes = Buffer.from(words.buffer);
    for (let at = 0; at < words.length; ) {
      const head = words[at] ?? 0;
      const timed = ((head >>> KIND_SHIFT) & 3) === TIMED;
      const key = at + RECORD_HEADER_WORDS + (timed ? INSTANT_WORDS : 0);
      const length = head & KEY_BYTES;
      const isPacked = (head & PACKED) !== 0;
      const stored = isPacked ? Math.ceil(length / 2) : length;
      const entered = timed ? formatInstant(instantAt(words, at + RECORD_HEADER_WORDS)) : '';
      const user = bytes.toString(isPacked ? 'hex' : 'utf8', key * 4, key * 4 + stored).slice(0, length);
      rows.push(`${partition} ${user} ${names[head >>> 16]} ${entered}`);
      at = key + ((stored + 3) >> 2);
    }
  }
  return rows;
}

const user = fc.oneof(
  fc.constantFrom(
    '',
    'u',
    'user-1',
    'ü',
    'x'.repeat(1024),
    'x'.repeat(1025),
    'é'.repeat(1000),
    '💡'.repeat(600),
  ),
  fc.string({ maxLength: 20 }),
  digits(0),
  digits(60),
);

/** Keys that may be packed, and ones that may not as they are too long or have one character more than digits. */
function digits(minLength: number): fc.Arbitrary<string> {
  const unit = fc.constantFrom(...'0123456789abcdef');
  const odd = fc.option(fc.constantFrom('A', 'g', '/', ':', '`', '@', ' ', 'é'), { nil: '', freq: 2 });
  return fc
    .tuple(fc.string({ unit, minLength, maxLength: minLength + 36 }), odd, fc.nat())
    .map(
      ([text, one, at]) => text.slice(0, at % (text.length + 1)) + one + text.slice(at % (text.length + 1)),
    );
}

const segment = fc.constantFrom(
  '',
  'a',
  'vip',
  'at risk',
  'ö',
  'n'.repeat(116),
  'n'.repeat(117),
  'n'.repeat(300),
  'bad',
);
const entered = fc.constantFrom(
  '',
  '1970-01-05T00:00:00Z',
  '1970-01-05T00:00:00.123456789+02:00',
  '2999-01-01T00:00:00Z',
  'never',
  'z'.repeat(80),
);
const rest = fc.constantFrom('', '1', 'é', ' ', '\r');
const line = fc.oneof(
  { weight: 20, arbitrary: fc.tuple(rest, user, segment, entered).map((fields) => fields.join(',')) },
  {
    weight: 2,
    arbitrary: fc.array(fc.oneof(user, segment), { maxLength: 6 }).map((fields) => fields.join(',')),
  },
  { weight: 1, arbitrary: fc.constantFrom('', '\r', 'a,b\0c,d,', '1,"u, quoted",vip,', '1,a "b,vip,') },
);
function file(lineOfFile: fc.Arbitrary<string>) {
  return fc.record({
    lines: fc.array(fc.tuple(lineOfFile, fc.constantFrom('\n', '\n', '\n', '\r\n')), { maxLength: 30 }),
    ending: fc.boolean(),
    spoilt: fc.option(fc.nat(), { freq: 10 }),
    cuts: fc.array(fc.nat(), { maxLength: 4 }),
  });
}

/** A file's lines as text, in pieces, as the kernel reads it and as the general scanner does. */
async function readBoth(
  {
    lines,
    ending,
    spoilt,
    cuts,
  }: { lines: [string, string][]; ending: boolean; spoilt: number | null; cuts: number[] },
  names: readonly string[],
  columns = COLUMNS,
): Promise<{ byKernel: Omit<Taken, 'asked'>; byGeneral: Omit<Taken, 'asked'> }> {
  const text = lines.map(([one, end]) => one + end).join('');
  const body = Buffer.from(ending ? text : text.replace(/\r?\n$/, ''));
  if (spoilt !== null && body.length > 0) body[spoilt % body.length] = 0xff;
  const whole = Buffer.concat([Buffer.from(`${names.join(',')}\n`), body]);
  const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
  const pieces = [...places, whole.length].map((place, i) => whole.subarray(places[i - 1] ?? 0, place));
  // From its first byte that is not plain on, here in the header, the general scanner reads a file.
  const general = Buffer.concat([Buffer.from(`${names.map((name) => `"${name}"`).join(',')}\n`), body]);
  const { asked: _kernel, ...byKernel } = await read(pieces, columns);
  const { asked: _general, ...byGeneral } = await read([general], columns);
  return { byKernel, byGeneral };
}

it('rows of plain text are taken and rejected as the general CSV scanner does, however the file is cut', async () => {
  await fc.assert(
    fc.asyncProperty(file(line), async (parts) => {
      const { byKernel, byGeneral } = await readBoth(parts, ['n', 'user_id', 'segment', 'entered_at']);
      expect(byKernel).toEqual(byGeneral);
    }),
    { numRuns: 400 },
  );
});

it.each([
  ['user_id', 'segment'],
  ['segment', 'user_id'],
])('so are those of a file that has %s and %s only', async (...names) => {
  const columns = {
    user: names.indexOf('user_id'),
    segment: names.indexOf('segment'),
    entered: -1,
    count: 2,
  };
  const fields = names.map((name) => (name === 'user_id' ? user : segment));
  const pair = fc.tuple(...fields).map((both) => both.join(','));
  const lineOfPairs = fc.oneof(
    { weight: 20, arbitrary: pair },
    {
      weight: 2,
      arbitrary: fc.array(fc.oneof(user, segment), { maxLength: 4 }).map((some) => some.join(',')),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '\r', ',', 'a\0b,c', '"u, quoted",vip', 'a "b,vip', 'vip,"u, q"'),
    },
  );
  await fc.assert(
    fc.asyncProperty(file(lineOfPairs), async (parts) => {
      const { byKernel, byGeneral } = await readBoth(parts, names, columns);
      expect(byKernel).toEqual(byGeneral);
    }),
    { numRuns: 400 },
  );
});

it('a rejected row names the place of its field, in plain text and behind a quoted line end', async () => {
  const bad = ['1,,vip,', '22,u,bad,', '3,u,vip,never', '4,u'];
  const text = (header: string) => Buffer.from([header, ...bad, '5,"u\nv",bad,'].join('\n'));
  for (const header of ['n,user_id,segment,entered_at', 'n,"user_id",segment,entered_at']) {
    const { rejects } = await read([text(header)]);
    expect(rejects.map(({ line, column }) => [line, column])).toEqual([
      [2, 3],
      [3, 6],
      [4, 9],
      [5, 1],
      [7, 4],
    ]);
  }
});

it('a line that does not end for long is the general scanner’s, which takes what is good', async () => {
  const long = `1,u,vip,${'x'.repeat(700_000)}\n`;
  const text = `n,user_id,segment,entered_at\n1,a,vip,\n${long}1,b,vip,\n`;
  const { rows, rejects } = await read([Buffer.from(text)]);
  expect(rows.map((row) => row.split(' ')[1]).sort()).toEqual(['a', 'b']);
  expect(rejects).toMatchObject([{ line: 3, reason: expect.stringContaining('enter time') }]);
});

it('many rows of many names go through the file and come back in their order, long keys among short ones', async () => {
  const numbers = Array.from({ length: 60_000 }, (_, n) => n);
  const isLong = (n: number) => n % 50 === 25;
  // What a partition collects before it goes on holds the shorter ones without an enter time only, and the longer ones never. Of
  // so many, some share a partition with the short ones.
  const longKey = (n: number) => `long${100 + (n % 400)}${'字'.repeat(n % 100 === 25 ? 676 : 1000)}`;
  const lines = numbers.map((n) => {
    const user = isLong(n) ? longKey(n) : `user ${n % 7}`;
    return `${n},${user},segment ${n % 3000},${n % 3 === 0 ? '1970-01-05T00:00:00Z' : ''}\n`;
  });
  const { rows, counted } = await read([Buffer.from(`n,user_id,segment,entered_at\n${lines.join('')}`)]);
  expect(counted).toBe(60_000);
  const segmentsOf = (user: string) =>
    rows.filter((row) => row.includes(` ${user} `)).map((row) => Number(row.split(' ').at(-2)));
  for (let k = 0; k < 7; k += 1) {
    const own = numbers.filter((n) => !isLong(n) && n % 7 === k);
    expect(segmentsOf(`user ${k}`)).toEqual(own.map((n) => n % 3000));
  }
  for (const first of numbers.slice(0, 400).filter(isLong)) {
    const own = numbers.filter((n) => isLong(n) && n % 400 === first);
    expect(segmentsOf(longKey(first))).toEqual(own.map((n) => n % 3000));
  }
});

it.each([1, 85, 86, 1360, 1400, 2900])(
  '%i rows of one user are all there, wherever the last of them are',
  async (count) => {
    // A partition collects 85 of these rows, and sixteen times as many lie together before they go to the file.
    const numbers = Array.from({ length: count }, (_, n) => n);
    const lines = numbers.map((n) => `${n},user 1,segment ${n},\n`);
    const { rows } = await read([Buffer.from(`n,user_id,segment,entered_at\n${lines.join('')}`)]);
    expect(rows.map((row) => Number(row.split(' ').at(-2)))).toEqual(numbers);
  },
);

it.each([
  ['64 digits', '7'.repeat(64), 1 + 8],
  ['65 digits', '7'.repeat(65), 1 + 17],
  ['a capital letter among them', `${'7'.repeat(15)}A`, 1 + 4],
])('a key of %s takes as many words as it should', async (_what, key, words) => {
  const { words: taken } = await read([Buffer.from(`n,user_id,segment,entered_at\n1,${key},vip,\n`)]);
  expect(taken).toBe(words);
});

it('a name is asked for once, however long it is', async () => {
  const names = Array.from({ length: 60 }, (_, n) => `${'audience of a long name'.slice(0, n % 23)}-${n}`);
  const lines = Array.from({ length: 3 }, () => names.map((name) => `1,u,${name},\n`).join(''));
  const { asked } = await read([Buffer.from(`n,user_id,segment,entered_at\n${lines.join('')}`)]);
  expect(asked).toEqual(names);
});
