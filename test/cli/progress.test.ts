import { expect, it } from 'vitest';
import { progressLine } from '../../main/cli/progress.ts';

const BAR = '[==--]';

it('shows bytes, rows, their rate and the time left', () => {
  const reading = {
    phase: 'reading',
    done: 16_252_928,
    total: 54_000_067,
    unit: 'bytes' as const,
    rows: 722_000,
    perSecond: 2_190_000.4,
    secondsLeft: 3725.2,
  };
  expect(progressLine(reading, BAR)).toBe(
    'reading [==--] 30% 16.3 of 54.0 MB · 722,000 rows · 2,190,000 rows/s · 1h2m left',
  );
});

it('leaves out what is not known, as of standard input', () => {
  const reading = {
    phase: 'importing',
    done: 131_072,
    total: null,
    unit: 'bytes' as const,
    rows: 300,
    perSecond: 0,
    secondsLeft: null,
  };
  expect(progressLine(reading, BAR)).toBe('importing 0.1 MB · 300 rows');
});

it('counts what the unit says where that is not bytes', () => {
  const sending = {
    phase: 'sending',
    done: 1200,
    total: 4800,
    unit: 'messages' as const,
    rows: 1200,
    perSecond: 80,
    secondsLeft: 45,
  };
  expect(progressLine(sending, BAR)).toBe(
    'sending [==--] 25% 1,200 of 4,800 messages · 80 messages/s · 45s left',
  );
});
