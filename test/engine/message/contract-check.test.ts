import { describe, expect, it } from 'vitest';
import { checkContract, checkSchema } from '../../../main/engine/message/contract-check.ts';

const schema = {
  type: 'object',
  required: ['data'],
  properties: {
    data: {
      type: 'object',
      required: ['email', 'user_id'],
      additionalProperties: false,
      properties: {
        email: { type: 'string', format: 'email' },
        user_id: { type: 'string' },
        'a/b': { const: 1 },
        kind: { enum: ['x', 'y'] },
        when: { format: 'date-time' },
        odd: { format: 'no-such-format' },
      },
    },
  },
};

const places = (body: string, of: Record<string, unknown> = schema) =>
  checkContract(body, of).map(({ severity, code, path }) => `${severity} ${code} ${path}`);

describe('the consumer’s schema', () => {
  it('is kept by a body that fits', () => {
    const body = '{"data":{"email":"a@b","user_id":"u","when":"2017-03-18T06:12:36.829070108Z","odd":1}}';
    expect(checkContract(body, schema)).toEqual([]);
  });

  it('names every value that breaks it by JSON pointer', () => {
    const body = '{"data":{"email":"x","a/b":2,"kind":"z","when":"yesterday","more":1}}';
    expect(places(body).sort()).toEqual([
      'warning SCHEMA_MISMATCH /data/a~1b',
      'warning SCHEMA_MISMATCH /data/email',
      'warning SCHEMA_MISMATCH /data/kind',
      'warning SCHEMA_MISMATCH /data/more',
      'warning SCHEMA_MISMATCH /data/user_id',
      'warning SCHEMA_MISMATCH /data/when',
    ]);
    expect(checkContract(body, schema).map(({ message }) => message)).toContain(
      '/data/kind must be equal to one of the allowed values: ["x","y"].',
    );
  });

  it('keeps a message from being sent when validity is required', () => {
    expect(checkContract('{}', schema, true)).toEqual([
      expect.objectContaining({ severity: 'error', code: 'SCHEMA_MISMATCH', path: '/data' }),
    ]);
  });

  it('is a problem of its own when it cannot be used, not a crash', () => {
    for (const bad of [
      { type: 'nonsense' },
      { $ref: '#/nowhere' },
      { pattern: '(' },
      { $ref: 'https://example.com/x' },
    ]) {
      expect(checkSchema(bad)).toEqual([
        expect.objectContaining({ code: 'SCHEMA_INVALID', field: 'schema' }),
      ]);
      expect(checkContract('{}', bad)).toEqual(checkSchema(bad));
    }
  });

  it('is read as 2020-12, or as draft-07 where it says so', () => {
    const pair = [{ type: 'string' }, { type: 'number' }];
    const tuple = '{"t":["a","b"]}';
    const draft07 = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { t: { items: pair } },
    };
    expect(places(tuple, draft07)).toEqual(['warning SCHEMA_MISMATCH /t/1']);
    expect(places(tuple, { properties: { t: { prefixItems: pair } } })).toEqual([
      'warning SCHEMA_MISMATCH /t/1',
    ]);
    expect(places(tuple, { properties: { t: { items: pair } } })).toEqual(['error SCHEMA_INVALID null']);
  });

  it('may be shared under one $id by two workflows', () => {
    expect(checkSchema({ $id: 'https://example.com/s', type: 'object' })).toEqual([]);
    expect(checkSchema({ $id: 'https://example.com/s', type: 'string' })).toEqual([]);
  });

  it('calls a body that is not JSON a breach', () => {
    expect(places('not JSON')).toEqual(['warning SCHEMA_MISMATCH ']);
  });
});
