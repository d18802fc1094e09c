import { hash } from 'node:crypto';
import type { MessageAttribute } from './message.ts';

const TRANSPORT_TEXT = Uint8Array.of(1);
const TRANSPORT_BINARY = Uint8Array.of(2);

function withLength(bytes: Buffer): Buffer[] {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

/** MD5 of a body's UTF-8, in hexadecimal. */
export function md5OfText(text: string): string {
  return hash('md5', text);
}

/**
 * MD5 over message attributes: for each in the order of names, the length-prefixed name, data type and value, with one
 * byte between type and value that tells text (1) from binary (2). Null when there are none. Source: "Calculating the
 * MD5 message digest for message attributes", SQS developer guide.
 */
export function md5OfAttributes(attributes: readonly MessageAttribute[]): string | null {
  if (attributes.length === 0) {
    return null;
  }
  const sorted = attributes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const parts = sorted.flatMap((attribute) => [
    ...withLength(Buffer.from(attribute.name)),
    ...withLength(Buffer.from(attribute.dataType)),
    attribute.binary ? TRANSPORT_BINARY : TRANSPORT_TEXT,
    ...withLength(Buffer.from(attribute.value, attribute.binary ? 'base64' : 'utf8')),
  ]);
  return hash('md5', Buffer.concat(parts));
}
