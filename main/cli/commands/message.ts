import { type Command, Option } from 'commander';
import type { MessageAttribute, MessageShape, Problem } from '../../../preload/contract/message.ts';
import { count } from '../../engine/core/count.ts';
import { readText } from '../file-argument.ts';
import { given, repeatable } from '../options.ts';
import { answer } from '../output.ts';
import { credentialsFor, type GlobalOptions, withSession } from '../session.ts';

interface ChoiceOptions {
  user: string;
  shape: MessageShape;
  audience: string[];
}

function addChoiceOptions(command: Command): Command {
  return command
    .requiredOption('--user <id>', 'whose message')
    .addOption(
      new Option('--shape <shape>', 'events of the message')
        .choices(['enter', 'exit', 'exit-enter', 'enter-exit', 'change'])
        .default('enter'),
    )
    .option('--audience <slug>', 'only this audience; may be repeated', repeatable, []);
}

function choiceOf(options: ChoiceOptions, { now }: GlobalOptions) {
  return given({ userId: options.user, shape: options.shape, audiences: options.audience, at: now });
}

/** `preview` and `send`: the exact message, and one by hand. */
export function addMessageCommands(program: Command): void {
  addChoiceOptions(program.command('preview <workflow>'))
    .description('the exact message, its bytes and attributes, and what is wrong with it')
    .action((workflow: string, options: ChoiceOptions, command: Command) =>
      withSession(command, async ({ call, options: global }) => {
        const preview = await call('message.preview', { workflow, ...choiceOf(options, global) });
        answer(global.json, preview, (result) => [
          result.body,
          `${count(result.bytes)} bytes of ${count(result.limitBytes)}`,
          ...attributeLines(result.attributes),
          ...problemLines(result.problems),
        ]);
      }),
    );
  addChoiceOptions(program.command('send <workflow>'))
    .description('sends one test message')
    .option('--body <file>', 'send this body instead of the built one')
    .option('--confirm <name>', 'the workflow’s name, needed for production')
    .option('--trust-host <host>', 'confirm a host outside AWS, once')
    .action((workflow: string, options: SendOptions, command: Command) =>
      withSession(command, async (session) => {
        const { call, options: global } = session;
        const body = options.body === undefined ? undefined : readText(options.body, '--body');
        const credentials = await credentialsFor(session, workflow);
        const sent = await call(
          'message.send',
          {
            workflow,
            ...choiceOf(options, global),
            ...given({ body, confirm: options.confirm, trustHost: options.trustHost }),
          },
          given({ credentials }),
        );
        answer(global.json, sent, (result) => [
          `Sent ${result.messageId} to ${result.queueUrl} in ${result.milliseconds.toFixed(1)} ms`,
          `${count(result.bytes)} bytes, MD5 ${result.md5}`,
          ...problemLines(result.problems),
        ]);
      }),
    );
}

interface SendOptions extends ChoiceOptions {
  body?: string;
  confirm?: string;
  trustHost?: string;
}

function attributeLines(attributes: readonly MessageAttribute[]): string[] {
  return attributes.map(({ name, type, value }) => `attribute ${name} (${type}): ${value}`);
}

function problemLines(problems: readonly Problem[]): string[] {
  return problems.map(({ severity, code, message }) => `${severity}: ${message} [${code}]`);
}
