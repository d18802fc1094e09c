import { DEEP } from './parts.ts';

/** Files that are taken as they are: what it is, its name, what stands in it, and the profile of u1 then. */
export const TAKEN: [string, string, string, string][] = [
  [
    'numbers above 2^53 and beyond a double',
    'a.ndjson',
    '{"user_id":"u1","n":12345678901234567890123,"m":1e400,"z":-0,"d":1.500}',
    '{"user_id":"u1","n":12345678901234567890123,"m":1e400,"z":-0,"d":1.500}',
  ],
  [
    'prototype keys',
    'a.ndjson',
    '{"user_id":"u1","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    '{"user_id":"u1","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
  ],
  [
    'prototype keys as columns',
    'a.csv',
    'user_id,__proto__,constructor\nu1,1,2\n',
    '{"user_id":"u1","__proto__":"1","constructor":"2"}',
  ],
  [
    'a key that stands twice: the last one counts',
    'a.ndjson',
    '{"user_id":"u0","user_id":"u1","a":1,"a":2}',
    '{"user_id":"u0","user_id":"u1","a":1,"a":2}',
  ],
  [
    'half a character and NUL escaped in a value',
    'a.ndjson',
    '{"user_id":"u1","x":"\\ud800","y":"a\\u0000b"}',
    '{"user_id":"u1","x":"\\ud800","y":"a\\u0000b"}',
  ],
  [
    'nesting of 10,000 levels',
    'a.ndjson',
    `{"user_id":"u1","x":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`,
    `{"user_id":"u1","x":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`,
  ],
  [
    'an audience with slashes',
    'a.ndjson',
    '{"user_id":"u1","segments":["a/b","../../etc/passwd"]}',
    '{"user_id":"u1","segments":["a/b","../../etc/passwd"]}',
  ],
  [
    'a mark, semicolons, CR LF and line ends in quotes',
    'a.csv',
    '\ufeffuser_id;name\r\nu1;"a\r\nb;c ""q"""\r\n',
    '{"user_id":"u1","name":"a\\r\\nb;c \\"q\\""}',
  ],
  ['tabs', 'a.tsv', 'user_id\tname\nu1\t"x\ty"\n', '{"user_id":"u1","name":"x\\ty"}'],
];
