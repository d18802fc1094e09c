import { z } from 'zod';
import { call } from './call.ts';

/** What may be shown of an authorization. The secret goes in and never comes back. */
export const authorizationRow = z.object({
  name: z.string(),
  accessKeyId: z.string(),
  description: z.string(),
  createdAt: z.string(),
  storage: z.enum(['keychain', 'session']),
});
export type AuthorizationRow = z.infer<typeof authorizationRow>;

export const authorizationInput = z.object({
  name: z.string().trim().min(1).max(200),
  accessKeyId: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9_]{8,128}$/, 'Expected 8 to 128 letters, digits or underscores'),
  secretAccessKey: z.string().min(1).max(1024),
  sessionToken: z.string().max(8192).optional(),
  description: z.string().max(1000).default(''),
  /** Keep the keys in memory until Segue ends, when there is no keychain or none is wanted. */
  sessionOnly: z.boolean().default(false),
});

export const authorizationCalls = {
  list: call(
    z.object({}),
    z.object({
      rows: z.array(authorizationRow),
      keychain: z.object({ available: z.boolean(), reason: z.string().nullable() }),
    }),
  ),
  add: call(authorizationInput, authorizationRow),
  remove: call(z.object({ name: z.string() }), z.object({ name: z.string() })),
  /** Asks the queue for its attributes with these keys; nothing is sent to it. */
  test: call(
    z.object({ name: z.string(), queueUrl: z.string(), region: z.string().optional() }),
    z.object({ ok: z.literal(true), milliseconds: z.number(), attributes: z.record(z.string(), z.string()) }),
  ),
};
