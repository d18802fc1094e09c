import { expect, test } from 'vitest';
import { contract, findCall } from '../../preload/contract/contract.ts';
import { isStale, tablesRead } from '../../renderer/data/tables.ts';
import { noFilter, readHistoryForm } from '../../renderer/history/filter.ts';
import { jobShare, jobText } from '../../renderer/import/job-store.ts';
import { emptyImport, importProblem } from '../../renderer/import/kinds.ts';
import { shapeChoice } from '../../renderer/message/shapes.ts';
import { initialReplay, readReplay } from '../../renderer/replay/request.ts';
import { latestRow, secondsLeft, traced, verbsOf } from '../../renderer/run/progress-store.ts';
import { progressText } from '../../renderer/run/run-words.ts';
import { bannerOf } from '../../renderer/shell/engine-banner.tsx';
import { describeTarget, regionOfQueueUrl } from '../../renderer/shell/queue-target.ts';
import { resolveTheme } from '../../renderer/shell/theme.ts';
import { ago, byteSize, completeInstant, dollars, duration, instant } from '../../renderer/ui/format.ts';
import { audienceChoices } from '../../renderer/workflow/audiences-field.tsx';
import { runOf } from './sample-rows.ts';

test('the header names account, region and queue of a URL, and the embedded sandbox', () => {
  const environment = 'staging' as const;
  expect(
    describeTarget({
      queueUrl: 'https://sqs.us-east-2.amazonaws.com/111111111111/triggers',
      region: 'eu-west-1',
      environment,
    }),
  ).toEqual({
    queueUrl: 'https://sqs.us-east-2.amazonaws.com/111111111111/triggers',
    account: '111111111111',
    region: 'us-east-2',
    queue: 'triggers',
    environment,
  });
  expect(describeTarget({ queueUrl: 'sandbox:orders', region: 'us-east-1', environment })).toMatchObject({
    account: 'embedded sandbox',
    queue: 'orders',
  });
  expect(describeTarget({ queueUrl: 'not a url', region: 'us-east-1', environment })).toMatchObject({
    account: 'none',
    queue: 'none',
  });
});

test.each([
  ['https://sqs-fips.us-gov-west-1.amazonaws.com/1/q', 'us-gov-west-1'],
  ['https://sqs.cn-north-1.amazonaws.com.cn/1/q', 'cn-north-1'],
  ['https://eu-central-1.queue.amazonaws.com/1/q', 'eu-central-1'],
  ['https://vpce-1.sqs.us-east-1.vpce.amazonaws.com/1/q', 'us-east-1'],
  ['http://127.0.0.1:9324/1/q', null],
  ['https://sqs.us-east-1.amazonaws.com.evil.example/1/q', null],
])('the region of %s is %s', (url, region) => {
  expect(regionOfQueueUrl(url)).toBe(region);
});

test('a changed table asks again exactly the calls that show it', () => {
  expect(isStale('run.list', ['run'])).toBe(true);
  expect(isStale('run.list', ['profile', 'sandbox'])).toBe(false);
  expect(isStale('history.page', ['history'])).toBe(true);
  expect(isStale('toString', ['run'])).toBe(false);
});

test('every call in the table of reads exists in the contract', () => {
  expect(Object.keys(tablesRead).filter((name) => findCall(contract, name) === undefined)).toEqual([]);
});

test('the rate of a run comes from its counts, so that a stall shows as zero', () => {
  let trace = traced(undefined, runOf({ sent: 0, parked: 0 }), 0);
  trace = traced(trace, runOf({ sent: 100, parked: 0 }), 1000);
  trace = traced(trace, runOf({ sent: 100, parked: 0 }), 2000);
  expect(trace.samples.map((sample) => sample.perSecond)).toEqual([100, 0]);
});

test('progress events in quick succession update the row but not the rate', () => {
  const trace = traced(traced(undefined, runOf({ sent: 0 }), 0), runOf({ sent: 7 }), 100);
  expect(trace.row.sent).toBe(7);
  expect(trace.samples).toEqual([]);
});

test('the time left is a range from the fast and the slow rates', () => {
  const samples = [50, 100, 100, 100, 200].map((perSecond, at) => ({ atMs: at * 1000, perSecond }));
  expect(secondsLeft(1000, samples)).toEqual({ from: 10, to: 20 });
  expect(secondsLeft(1000, samples.slice(0, 2))).toBeNull();
});

test('the stored end of a run wins over a late progress event', () => {
  const stored = runOf({ state: 'completed', sent: 1997, pending: 0 });
  expect(latestRow(stored, runOf({ sent: 1500 }))).toBe(stored);
  const ahead = runOf({ sent: 1500 });
  expect(latestRow(runOf(), ahead)).toBe(ahead);
});

test('a run offers what its state allows', () => {
  expect(verbsOf(runOf())).toMatchObject({ pause: true, resume: false, cancel: true, retry: false });
  expect(verbsOf(runOf({ state: 'interrupted' }))).toMatchObject({
    pause: false,
    resume: true,
    cancel: true,
  });
  expect(verbsOf(runOf({ state: 'completed_with_errors' }))).toMatchObject({
    resume: false,
    cancel: false,
    retry: true,
    setRate: false,
  });
  expect(progressText(runOf({ state: 'completed', sent: 1997, seconds: 75 }), [])).toBe(
    '2,000 of 2,000 messages in 1 min 15 s',
  );
});

test('a backfill has neither period nor the profile of that time', () => {
  const read = readReplay({ ...initialReplay, kind: 'backfill', from: '2026-11-01', event: 'exit' }, 'W');
  expect(read).toMatchObject({
    request: { kind: 'backfill', selection: { audiences: [] }, options: { profile: 'current' } },
  });
  expect(JSON.stringify(read)).not.toContain('2026-11-01');
});

test('a period that ends before it begins is refused', () => {
  const read = readReplay({ ...initialReplay, from: '2026-11-02', to: '2026-11-01' }, 'W');
  expect(read).toEqual({ errors: { to: 'The end of the period is not after its beginning' } });
});

test.each([
  ['rate', '0'],
  ['rate', 'fast'],
  ['concurrency', ''],
  ['concurrency', '257'],
  ['max', '1.5'],
  ['stopAfter', '-1'],
] as const)('a replay with %s "%s" is refused at that field', (field, text) => {
  const read = readReplay({ ...initialReplay, [field]: text }, 'W');
  expect('errors' in read && Object.keys(read.errors)).toEqual([field]);
});

test.each([
  ['2026-11-23', '2026-11-23T00:00:00Z'],
  ['2026-11-23 09:30', '2026-11-23T09:30:00Z'],
  [' 2026-11-23T09:30:00.829070108+02:00 ', '2026-11-23T09:30:00.829070108+02:00'],
  ['2026-02-30', null],
  ['2026-11-23 25:00', null],
  ['yesterday', null],
])('the time "%s" completes to %s', (text, expected) => {
  expect(completeInstant(text)).toBe(expected);
});

test('how long ago an instant was is said in its largest unit, and what is ahead counts as now', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  const times = [
    '2026-11-24T11:59:30Z',
    '2026-11-24T11:01:00Z',
    '2026-11-23T12:00:01Z',
    '2026-11-22T12:00:00Z',
  ];
  expect(times.map((at) => ago(at, now))).toEqual(['just now', '59 min ago', '23 h ago', '2 days ago']);
  expect(ago('2026-11-24T12:05:00Z', now)).toBe('just now');
});

test('amounts read as people write them', () => {
  expect([dollars(0), dollars(0.0000172), dollars(0.004), dollars(12.5)]).toEqual([
    '$0.00',
    'under $0.0001',
    '$0.0040',
    '$12.50',
  ]);
  expect([byteSize(1023), byteSize(1536), byteSize(1_580_000)]).toEqual([
    '1,023 bytes',
    '1.5 KiB',
    '1.5 MiB',
  ]);
  expect([duration(0.4), duration(59.6), duration(130), duration(3900)]).toEqual([
    'under 1 s',
    '1 min',
    '2 min 10 s',
    '1 h 5 min',
  ]);
  expect([
    instant(null),
    instant('2026-11-20T06:12:36.829070108Z'),
    instant('2026-11-20T01:00:00+02:00'),
  ]).toEqual(['–', '2026-11-20 06:12:36', '2026-11-19 23:00:00']);
});

test('the history filter leaves out what is not complete yet', () => {
  expect(
    readHistoryForm({ ...noFilter, from: '2026-11', to: '2026-11-02', event: 'enter', userId: ' u1 ' }),
  ).toEqual({ to: '2026-11-02T00:00:00Z', event: 'enter', userId: 'u1' });
});

test('a snapshot is not imported without its time', () => {
  const form = { ...emptyImport, path: '/data/day.csv' };
  expect(importProblem('snapshot', form)).toBe('A snapshot needs the time it was taken');
  expect(importProblem('snapshot', { ...form, at: '2026-11-23' })).toBeNull();
  expect(importProblem('profiles', emptyImport)).toBe('No file chosen');
});

test('progress of a job without a known whole has no share', () => {
  const job = {
    jobId: 'j',
    phase: 'Reading',
    done: 2048,
    total: null,
    unit: 'bytes' as const,
    rows: 10,
    perSecond: 5,
    secondsLeft: null,
  };
  expect(jobShare(job)).toBeNull();
  expect(jobText(job)).toBe('Reading · 2.0 KiB · 10 rows · 5.0 per second');
  expect(jobShare({ ...job, total: 4096 })).toBe(0.5);
});

test('an audience that left the workflow is not asked for', () => {
  expect(shapeChoice('exit', 'gone', ['a', 'b'])).toEqual({ shape: 'exit', audiences: ['a'] });
  expect(shapeChoice('several', 'a', ['a', 'b'])).toEqual({ shape: 'enter', audiences: [] });
});

test('chosen audiences come first and stay visible when they match nothing', () => {
  const known = [
    { slug: 'a', name: 'A', members: 1 },
    { slug: 'b', name: 'B', members: 2 },
  ];
  expect(audienceChoices(['gone', 'b'], known, 'a').map((row) => row.slug)).toEqual(['gone', 'b', 'a']);
  expect(audienceChoices([], known, 'x')).toEqual([]);
});

test('the banner speaks while the engine does not run', () => {
  expect(bannerOf(null)).toBeNull();
  expect(bannerOf({ state: 'running', message: null })).toBeNull();
  expect(bannerOf({ state: 'restarting', message: null })).toEqual({
    tone: 'warning',
    title: 'Engine restarting',
  });
  expect(bannerOf({ state: 'not_responding', message: null })?.title).toBe('Engine not responding');
});

test('the system decides the theme only when it is asked to', () => {
  expect(resolveTheme('system', true)).toBe('dark');
  expect(resolveTheme('light', true)).toBe('light');
});
