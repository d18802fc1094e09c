import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSdkClient } from '../../../main/engine/queue/sdk-client.ts';

/** For localhost, signed by nobody: made for this test with openssl. */
const SELF_SIGNED = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgEhXGVmmBsfxp5iwy
7pCTT0D60PJG7iP8hs7O/h12zo+hRANCAARxuIreMaE9nVj1SYN7Ey5zYBIcG4an
25TLBO5YpvhJRtM+u91XhopVqGYMQe2eMO9nqv7+jsTtzEr/cJm2Gwo5
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUGet6hLIOromXBS30FVjAsFD+eOowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDE1MjIzOFoYDzIxMjYxMDMx
MTUyMjM4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARxuIreMaE9nVj1SYN7Ey5zYBIcG4an25TLBO5YpvhJRtM+u91XhopV
qGYMQe2eMO9nqv7+jsTtzEr/cJm2Gwo5o28wbTAdBgNVHQ4EFgQUgawAeMyoWwE+
X2YOT3/miysUDXUwHwYDVR0jBBgwFoAUgawAeMyoWwE+X2YOT3/miysUDXUwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAPzcRTf0OYxrlJn4KAO9GU906u0/Db8WMpK0zbjNR38HAiBl
ZyslyBYfI4HHClWo/rdrvUEPrWRSVX7g4+yRDEkZXw==
-----END CERTIFICATE-----
`,
};
const ANSWER = JSON.stringify({
  Successful: [{ Id: '0', MessageId: 'm', MD5OfMessageBody: '9dd4e461268c8034f5c8564e155c67a6' }],
});

async function sendTo(server: Server, scheme: 'http' | 'https' = 'http') {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const client = await openSdkClient(
    {
      queueUrl: `${scheme}://127.0.0.1:${port}/000000000000/q`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T' },
    },
    { sockets: 1, requestTimeoutMs: 200 },
  );
  onTestFinished(() => client.close());
  return client.sendBatch([{ body: 'x', attributes: [] }]);
}

describe('a call to a queue', () => {
  it('carries the session token, says who calls, and reads a reply in several pieces', async () => {
    let headers: unknown;
    const outcome = await sendTo(
      createServer((request, response) => {
        headers = request.headers;
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
        response.write(ANSWER.slice(0, 20));
        setImmediate(() => response.end(ANSWER.slice(20)));
      }),
    );
    expect(outcome).toMatchObject({ kind: 'answered', outcomes: [{ kind: 'sent', messageId: 'm' }] });
    expect(headers).toMatchObject({
      'x-amz-security-token': 'T',
      'user-agent': expect.stringMatching(/^segue/),
    });
  });

  it('whose reply stops in the middle fails in time, as one that may have arrived', async () => {
    const outcome = await sendTo(
      createServer((_request, response) => {
        response.writeHead(200, { 'content-length': String(ANSWER.length) });
        response.write(ANSWER.slice(0, 20));
      }),
    );
    expect(outcome).toMatchObject({
      kind: 'refused',
      verdict: { kind: 'retry_unknown_outcome', code: 'ETIMEDOUT', reached: true },
    });
  });

  it('whose reply is cut off is one that may have arrived', async () => {
    const outcome = await sendTo(
      createServer((_request, response) => {
        response.writeHead(200, { 'content-length': String(ANSWER.length) });
        response.write(ANSWER.slice(0, 20), () => response.destroy());
      }),
    );
    expect(outcome).toMatchObject({
      kind: 'refused',
      verdict: { kind: 'retry_unknown_outcome', code: 'ECONNRESET', reached: true },
    });
  });

  it('refuses a certificate that nobody vouches for, before anything is sent', async () => {
    let requests = 0;
    const server = createTlsServer(SELF_SIGNED, (_request, response) => {
      requests += 1;
      response.end(ANSWER);
    });
    const outcome = await sendTo(server, 'https');
    expect(outcome).toMatchObject({ kind: 'refused', verdict: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
    expect(requests).toBe(0);
  });
});
