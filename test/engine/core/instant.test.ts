import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareInstants, formatInstant, parseInstant } from '../../../main/engine/core/instant.ts';

const pad = (n: number, width = 2) => String(n).padStart(width, '0');

const rfc3339 = fc
  .record({
    date: fc.date({
      min: new Date('0000-01-02T00:00:00Z'),
      max: new Date('9990-01-01T00:00:00Z'),
      noInvalidDate: true,
    }),
    decimals: fc.option(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 999_999_999 })), {
      nil: undefined,
    }),
    zone: fc.option(
      fc.tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 14 }), fc.constantFrom(0, 30, 45)),
      {
        nil: undefined,
      },
    ),
  })
  .map(({ date, decimals, zone }) => {
    const fraction = decimals === undefined ? '' : `.${pad(decimals[1], 9).slice(0, decimals[0])}`;
    const suffix = zone === undefined ? 'Z' : `${zone[0]}${pad(zone[1])}:${pad(zone[2])}`;
    return `${date.toISOString().slice(0, 19)}${fraction}${suffix}`;
  });

describe('instants', () => {
  it('give every RFC 3339 text back exactly', () => {
    fc.assert(
      fc.property(rfc3339, (text) => formatInstant(parseInstant(text) ?? { ms: 0, code: 0 }) === text),
    );
  });

  it('order by time, not by how they are written', () => {
    const texts = [
      '2017-03-18T06:12:36.829070107Z',
      '2017-03-18T06:12:36.829070108Z',
      '2017-03-18T06:12:36.8290702Z',
      '2017-03-17T23:12:36.83-07:00',
    ];
    const instants = texts.map((text) => parseInstant(text) ?? { ms: 0, code: 0 });
    const shuffled = [...instants].reverse().sort(compareInstants);
    expect(shuffled.map(formatInstant)).toEqual(texts);
    const bySql = [...instants].reverse().sort((a, b) => a.ms - b.ms || a.code - b.code);
    expect(bySql.map(formatInstant)).toEqual(texts);
  });

  it('keep the samples of the message archive to the nanosecond', () => {
    for (const text of [
      '2020-10-14T13:27:33.916374949-07:00',
      '2020-07-15T08:55:43.041-07:00',
      '2016-06-29T18:50:16Z',
    ]) {
      expect(formatInstant(parseInstant(text) ?? { ms: 0, code: 0 })).toBe(text);
    }
  });

  it.each([
    '',
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00.1234567890Z',
  ])('refuse %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});
