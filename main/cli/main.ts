import { allowClosedOutput, reportFailure } from './output.ts';
import { buildProgram } from './program.ts';

/** Parses the arguments, runs the command and sets the exit code. */
export async function main(): Promise<void> {
  allowClosedOutput();
  try {
    await buildProgram().parseAsync(process.argv);
  } catch (error) {
    process.exitCode = reportFailure(error, process.argv.includes('--json'));
  }
}
