import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { parseFaultSpec } from '../../engine/sandbox/fault-spec.ts';
import { given, repeatable } from '../options.ts';
import { printJson } from '../output.ts';
import { globalOptions, workspaceFolder } from '../session.ts';

interface StartOptions {
  port: number;
  faults?: string;
  queue: string[];
  durable: boolean;
}

/** `sandbox start`: the sandbox queue by itself, for other programs and for tests. */
export function addSandboxCommands(program: Command): void {
  program
    .command('sandbox')
    .description('the SQS-compatible sandbox queue')
    .command('start')
    .description('serves on loopback until it is stopped; prints endpoint, queue URL and keys when ready')
    .option('--port <n>', 'port, 0 for any free one', portArgument, 0)
    .option('--faults <spec>', 'faults by rate, for example throttle=0.1,drop=0.01,seed=7')
    .option(
      '--queue <name>',
      'queue to create, "triggers" unless given; a name that ends in .fifo makes a FIFO queue; may be repeated, the URL is that of the first',
      repeatable,
      [],
    )
    .option('--durable', 'keep messages in the workspace’s sandbox.db instead of in memory', false)
    .action(async (options: StartOptions, command: Command) => {
      const faults = options.faults === undefined ? undefined : parseFaultSpec(options.faults);
      const file = options.durable ? join(workspaceFolder(globalOptions(command)), 'sandbox.db') : undefined;
      const { startSandbox } = await import('../../engine/sandbox/sandbox.ts');
      const sandbox = await startSandbox(given({ port: options.port, faults, file }));
      const { endpoint, accessKeyId, secretAccessKey } = sandbox;
      const [first = 'triggers', ...others] = options.queue;
      for (const name of [first, ...others]) {
        await sandbox.createQueue(name, name.endsWith('.fifo') ? { FifoQueue: 'true' } : {});
      }
      const queueUrl = sandbox.queueUrl(first);
      printJson({ endpoint, queueUrl, accessKeyId, secretAccessKey });
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      await sandbox.close();
    });
}

function portArgument(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('Write a port from 0 to 65535.');
  }
  return port;
}
