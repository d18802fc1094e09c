import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { authorizationInput } from '../../../preload/contract/authorization.ts';
import { SegueError } from '../../engine/core/errors.ts';
import { parseCredentialSource } from '../../keychain/credential-source.ts';
import { openKeychain } from '../../keychain/keychain.ts';
import { resolveCredentials } from '../../keychain/resolve-credentials.ts';
import { answer, table } from '../output.ts';
import { globalOptions } from '../session.ts';

/** `authorization …`: AWS keys in the operating system's keychain. The secret comes on standard input only. */
export function addAuthorizationCommands(program: Command): void {
  const authorization = program.command('authorization').description('AWS keys in the keychain');
  authorization
    .command('add <name>')
    .description('stores keys; the secret access key is read from standard input')
    .requiredOption('--access-key-id <id>', 'the access key id')
    .option('--description <text>', 'what these keys are for', '')
    .action(async (name: string, options: { accessKeyId: string; description: string }, command: Command) => {
      const secretAccessKey = (await text(process.stdin)).trim();
      if (secretAccessKey === '') {
        throw new SegueError(
          'USAGE',
          'The secret access key is missing: give it on standard input, for example < secret.txt',
        );
      }
      const input = authorizationInput.safeParse({ name, secretAccessKey, ...options });
      if (!input.success) {
        const [issue] = input.error.issues;
        throw new SegueError('INVALID_INPUT', `${issue?.path.join('.')}: ${issue?.message}`, {
          field: issue?.path.join('.'),
        });
      }
      const row = await openKeychain().add(input.data);
      answer(globalOptions(command).json, row, () => [
        `Stored ${row.name} (${row.accessKeyId}) in the keychain`,
      ]);
    });
  authorization
    .command('list')
    .description('names and key ids; never secrets')
    .action(async (_options: unknown, command: Command) => {
      const rows = await openKeychain().list();
      answer(globalOptions(command).json, rows, () =>
        table(
          ['name', 'access key id', 'description'],
          rows.map((row) => [row.name, row.accessKeyId, row.description]),
        ),
      );
    });
  authorization
    .command('test <name>')
    .description('asks a queue for its attributes with these keys; sends nothing')
    .requiredOption('--queue <url>', 'the queue’s URL')
    .action(async (name: string, options: { queue: string }, command: Command) => {
      const credentials = await resolveCredentials(
        parseCredentialSource(globalOptions(command).credentials ?? name),
        openKeychain(),
      );
      const { testQueue } = await import('../../engine/serve/test-queue.ts');
      const result = await testQueue({ queueUrl: options.queue }, credentials);
      answer(globalOptions(command).json, result, () => [
        `The queue answered in ${result.milliseconds.toFixed(0)} ms`,
        ...Object.entries(result.attributes).map(([key, value]) => `${key}: ${value}`),
      ]);
    });
  authorization
    .command('remove <name>')
    .description('removes keys from the keychain')
    .action(async (name: string, _options: unknown, command: Command) => {
      await openKeychain().remove(name);
      answer(globalOptions(command).json, { name }, () => [`Removed ${name}`]);
    });
}
