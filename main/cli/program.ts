import { Command, type CommanderError } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
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
  for (const command of everyCommand(program)) settle(command);
  return program;
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
