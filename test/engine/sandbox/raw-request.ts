import { request } from 'node:http';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Sandbox } from '../../../main/engine/sandbox/sandbox.ts';

export interface RawReply {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

export interface RawRequest {
  target?: string;
  body?: string | Uint8Array;
  method?: string;
  /** Laid over the signed ones, after signing. */
  headers?: Record<string, string>;
}

/** Sends any body to any operation, properly signed, without what the SDK would check or correct. */
export async function rawRequest(sandbox: Sandbox, raw: RawRequest): Promise<RawReply> {
  const { target = 'AmazonSQS.ListQueues', body = '{}', method = 'POST' } = raw;
  const signer = new SignatureV4({
    credentials: sandbox,
    region: sandbox.region,
    service: 'sqs',
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = await signer.sign({
    method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path: '/',
    headers: { host: `127.0.0.1:${sandbox.port}`, 'x-amz-target': target },
    body,
  });
  const { promise, resolve, reject } = Promise.withResolvers<RawReply>();
  const outgoing = request(
    {
      host: '127.0.0.1',
      port: sandbox.port,
      method,
      path: '/',
      agent: false,
      headers: { ...signed.headers, ...raw.headers },
    },
    (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
      incoming.on('error', reject);
    },
  );
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}
