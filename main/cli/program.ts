import { Command, type CommanderError } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { SegueError } from '../engine/core/errors.ts';
import { addAudienceCommands } from './commands/audience.ts';
import { addAuthorizationCommands } from './commands/authorization.ts';
import { addBundleCommands } from './commands/bundle.ts';
import { addCaptureCommands } from './commands/capture.ts';
import { addFilterCommands } from './commands/filter.ts';
import { addHistoryCommands } from './commands/history.ts';
import { addLiveCommands } from './commands/live.ts';
import { addMaintenanceCommands } from './commands/maintenance.ts';
import { addMessageCommands } from './commands/message.ts';
import { addProfileCommands } from './commands/profile.ts';
import { addRetentionCommands } from './commands/retention.ts';
import { addRunCommands } from './commands/run.ts';
import { addSandboxCommands } from './commands/sandbox.ts';
import { addWorkflowCommands } from './commands/workflow.ts';
import { timeArgument } from './options.ts';

/** The whole command line of DESIGN §10. Usage errors are thrown as CommanderError, never `process.exit`. */
export function buildProgram(): Command {
  const program = new Command('segue')
    .description('Test and replay segment triggers against Amazon SQS')
    .version(packageFile.version)
    .option('--workspace <dir>', 'folder of the workspace (SEGUE_WORKSPACE, else the one that the app opens)')
    .option('--json', 'one JSON document on standard output; errors as JSON on standard error', false)
    .option('--now <time>', 'take this for the present instead of the clock', timeArgument)
    .option('--credentials <source>', 'keys from env, profile:NAME or a saved authorization NAME')
    .showHelpAfterError('(add --help for the options)')
    .showSuggestionAfterError();
  addFilterCommands(program);
  addAudienceCommands(program);
  addProfileCommands(program);
  addHistoryCommands(program);
  addAuthorizationCommands(program);
  addWorkflowCommands(program);
  addMessageCommands(program);
  addRunCommands(program);
  addLiveCommands(program);
  addBundleCommands(program);
  addCaptureCommands(program);
  addSandboxCommands(program);
  addRetentionCommands(program);
  addMaintenanceCommands(program);
  program.hook('preAction', (_program, command) => refuseEmptyNames(command));
  for (const command of everyCommand(program)) settle(command);
  return program;
}

/** What stands for a name on the disk in an option or an argument. */
const ON_DISK = new Set(['file', 'files', 'dir', 'out']);

/** An unset variable of a script must not stand for the folder that it happens to be in. @throws USAGE */
function refuseEmptyNames(command: Command): void {
  const options = [command, ...ancestors(command)].flatMap((one) =>
    one.options.map((option) => ({
      shown: option.long ?? option.flags,
      kind: /<(\w+)>/.exec(option.flags)?.[1],
      value: one.getOptionValue(option.attributeName()),
    })),
  );
  const args = command.registeredArguments.map((argument, i) => ({
    shown: `<${argument.name()}>`,
    kind: argument.name(),
    value: command.processedArgs[i],
  }));
  for (const { shown, kind = '', value } of [...args, ...options]) {
    if (!ON_DISK.has(kind) || ![value].flat().includes('')) continue;
    throw new SegueError(
      'USAGE',
      `The name for ${shown} is empty. Name a ${kind === 'dir' ? 'folder' : 'file'}.`,
    );
  }
}

function ancestors({ parent }: Command): Command[] {
  return parent === null ? [] : [parent, ...ancestors(parent)];
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** Global options may stand after the sub-command too, and with `--json` commander's own texts stay out of the way. */
function settle(command: Command): void {
  command.exitOverride((error: CommanderError) => {
    throw error;
  });
  command.configureOutput({
    writeErr: (text) => {
      if (!process.argv.includes('--json')) process.stderr.write(text);
    },
  });
}
