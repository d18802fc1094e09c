import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rawRequest } from './raw-request.ts';
import { openSandbox } from './sandbox-client.ts';

const OPERATIONS = [
  'CreateQueue',
  'ListQueues',
  'GetQueueUrl',
  'GetQueueAttributes',
  'SetQueueAttributes',
  'SendMessage',
  'SendMessageBatch',
  'ReceiveMessage',
  'DeleteMessage',
  'DeleteMessageBatch',
  'ChangeMessageVisibility',
  'ChangeMessageVisibilityBatch',
  'PurgeQueue',
];

describe('the server', () => {
  it.each(['localhost', 'LocalHost:80', '127.0.0.1', '[::1]:1'])(
    'answers under the name %s',
    async (host) => {
      const reply = await rawRequest(await openSandbox(), { headers: { host, authorization: '' } });
      // Past the host check, where the signature is found missing.
      expect(reply.headers['x-amzn-query-error']).toBe('IncompleteSignature;Sender');
    },
  );

  it.each([
    'attacker.example',
    'localhost.attacker.example',
    '127.0.0.1.attacker.example:80',
    '10.0.0.1',
    'localhost:80@attacker.example',
  ])('refuses the name %j, also with a valid signature (DNS rebinding)', async (host) => {
    const sandbox = await openSandbox();
    const reply = await rawRequest(sandbox, {
      target: 'AmazonSQS.CreateQueue',
      body: '{"QueueName":"q"}',
      headers: { host },
    });
    expect(reply).toMatchObject({ status: 403, headers: { 'x-amzn-query-error': 'AccessDenied;Sender' } });
    expect(sandbox.queues()).toEqual([]);
  });

  it('is not reachable by another address of this machine', async () => {
    const { port } = await openSandbox();
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter((address) => !address.internal && address.family === 'IPv4');
    for (const { address } of others) {
      const socket = connect({ host: address, port });
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).toBe('ECONNREFUSED');
    }
    const loopback = connect({ host: '127.0.0.1', port });
    await once(loopback, 'connect');
    loopback.destroy();
  });

  it.each(['GET', 'PUT', 'OPTIONS', 'DELETE'])('refuses %s', async (method) => {
    const reply = await rawRequest(await openSandbox(), { method, body: '' });
    expect(reply).toMatchObject({
      status: 405,
      headers: { 'x-amzn-query-error': 'MethodNotAllowed;Sender' },
    });
    expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('refuses a request that is too long, whatever length it announces, and says why', async () => {
    const sandbox = await openSandbox();
    const body = Buffer.alloc(4 * 1024 * 1024 + 1, 'x');
    const announced: Array<Record<string, string>> = [
      { 'content-length': String(body.length) },
      { 'transfer-encoding': 'chunked' },
    ];
    for (const headers of announced) {
      const reply = await rawRequest(sandbox, { body, headers });
      expect(reply).toMatchObject({
        status: 413,
        headers: { 'x-amzn-query-error': 'RequestEntityTooLarge;Sender' },
      });
    }
  });

  it('cuts off a client that sends its request slowly', async () => {
    const { port } = await openSandbox({ requestTimeoutMs: 60 });
    const header = connect({ host: '127.0.0.1', port });
    header.write('POST / HTTP/1.1\r\nHost: localhost\r\n');
    const body = connect({ host: '127.0.0.1', port });
    body.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
    header.resume();
    body.resume();
    await Promise.all([once(header, 'close'), once(body, 'close')]);
  });
});

describe('bad input', () => {
  it.each([
    ['an unknown operation', { target: 'AmazonSQS.Nope' }, 'InvalidAction;Sender'],
    ['a name from the prototype', { target: 'AmazonSQS.constructor' }, 'InvalidAction;Sender'],
    ['another service', { target: 'DynamoDB.ListTables' }, 'InvalidAction;Sender'],
    ['no JSON', { body: '{"a":' }, 'SerializationException;Sender'],
    ['a list', { body: '[]' }, 'SerializationException;Sender'],
    ['null', { body: 'null' }, 'SerializationException;Sender'],
    [
      'a wrong type',
      { target: 'AmazonSQS.CreateQueue', body: '{"QueueName":7}' },
      'SerializationException;Sender',
    ],
    [
      'parameters through the prototype',
      { target: 'AmazonSQS.CreateQueue', body: '{"__proto__":{"QueueName":"q"}}' },
      'MissingParameter;Sender',
    ],
  ])('is refused: %s', async (_what, raw, queryError) => {
    const reply = await rawRequest(await openSandbox(), raw);
    expect(reply).toMatchObject({ status: 400, headers: { 'x-amzn-query-error': queryError } });
    expect(JSON.parse(reply.body)).toEqual({
      __type: expect.stringContaining('#'),
      message: expect.any(String),
    });
  });

  it('that is not UTF-8 is refused, not mended', async () => {
    const sandbox = await openSandbox();
    const url = await sandbox.createQueue('q');
    const start = Buffer.from(`{"QueueUrl":"${url}","MessageBody":"caf`);
    const body = Buffer.concat([start, Buffer.from([0xe9]), Buffer.from('"}')]);
    const reply = await rawRequest(sandbox, { target: 'AmazonSQS.SendMessage', body });
    expect(reply).toMatchObject({
      status: 400,
      headers: { 'x-amzn-query-error': 'SerializationException;Sender' },
    });
    expect(sandbox.stats.sent).toBe(0);
  });

  it('is not quoted at length', async () => {
    const sandbox = await openSandbox();
    const url = await sandbox.createQueue('q');
    const input = { QueueUrl: url, MessageBody: 'x', MessageAttributes: { ['n'.repeat(1_000_000)]: 7 } };
    for (const body of [input, { QueueUrl: url, Entries: [{ Id: 'a', ...input }] }]) {
      const target = `AmazonSQS.SendMessage${'Entries' in body ? 'Batch' : ''}`;
      const reply = await rawRequest(sandbox, { target, body: JSON.stringify(body) });
      expect(reply.status).toBe(400);
      expect(reply.body.length).toBeLessThan(2000);
    }
  });

  it('of any shape gets an answer below 500, and the sandbox goes on', async () => {
    const sandbox = await openSandbox();
    const urls = [await sandbox.createQueue('q'), await sandbox.createQueue('q.fifo', { FifoQueue: 'true' })];
    const value = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(...urls, 'x', 'g', '', '1', 'true', 'All', '\ud800', '\u0000'),
      },
      { weight: 2, arbitrary: fc.constantFrom(0, 1, -1, 1.5, 1e300, 43_201, true, null) },
      { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
      {
        weight: 1,
        arbitrary: fc.constant(JSON.parse('{"__proto__":{"DataType":"String","StringValue":"v"}}')),
      },
      {
        weight: 1,
        arbitrary: fc.dictionary(
          fc.string(),
          fc.record({
            DataType: fc.constantFrom('String', 'Number', 'Binary', 'x'),
            StringValue: fc.string(),
          }),
        ),
      },
    );
    const fields = [
      'QueueName',
      'Attributes',
      'AttributeNames',
      'QueueNamePrefix',
      'NextToken',
      'MaxResults',
      'MessageBody',
      'MessageAttributes',
      'MessageSystemAttributes',
      'MessageGroupId',
      'MessageDeduplicationId',
      'DelaySeconds',
      'ReceiptHandle',
      'VisibilityTimeout',
      'MaxNumberOfMessages',
      'MessageAttributeNames',
      'Id',
    ];
    const record = fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 8 });
    const request = fc.tuple(
      fc.constantFrom(...OPERATIONS),
      record,
      fc.option(fc.array(fc.oneof(record, value), { maxLength: 12 })),
      fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...urls) }, value),
    );
    await fc.assert(
      fc.asyncProperty(request, async ([operation, input, entries, url]) => {
        const body = JSON.stringify({
          ...input,
          QueueUrl: url,
          ...(entries === null ? {} : { Entries: entries }),
        });
        const reply = await rawRequest(sandbox, { target: `AmazonSQS.${operation}`, body });
        expect(reply.status).toBeLessThan(500);
        JSON.parse(reply.body);
      }),
      { numRuns: 250 },
    );
    expect((await rawRequest(sandbox, {})).status).toBe(200);
  });

  it('below HTTP gets a refusal or a closed connection, and the sandbox goes on', async () => {
    const sandbox = await openSandbox();
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.boolean(),
        async (bytes, asHeader) => {
          const socket = connect({ host: '127.0.0.1', port: sandbox.port });
          socket.on('error', () => socket.destroy());
          socket.resume();
          const closed = once(socket, 'close');
          socket.end(asHeader ? Buffer.concat([Buffer.from('POST / HTTP/1.1\r\n'), bytes]) : bytes);
          await closed;
        },
      ),
      { numRuns: 50 },
    );
    expect((await rawRequest(sandbox, {})).status).toBe(200);
  });
});
