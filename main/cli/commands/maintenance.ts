import type { Command } from 'commander';
import { count } from '../../engine/core/count.ts';
import { answer, EXIT } from '../output.ts';
import { globalOptions, withSession } from '../session.ts';

/** `doctor`, `backup` and `demo`. */
export function addMaintenanceCommands(program: Command): void {
  program
    .command('doctor')
    .description('versions, integrity, sizes, the sandbox queue')
    .action((_options: unknown, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        const result = await call('workspace.doctor', {});
        answer(json, result, ({ checks }) =>
          checks.flatMap((check) => [
            `${check.ok ? 'ok  ' : 'FAIL'} ${check.name}: ${check.value}`,
            ...(check.advice === null ? [] : [`     ${check.advice}`]),
          ]),
        );
        if (!result.ok) process.exitCode = EXIT.error;
      }),
    );
  program
    .command('backup')
    .description('a compact copy of the store')
    .requiredOption('--out <file>', 'file to write; must not exist')
    .action((options: { out: string }, command: Command) =>
      withSession(command, async ({ call, options: { json } }) => {
        answer(json, await call('workspace.backup', options), (result) => [
          `${result.file}: ${count(result.bytes)} bytes`,
        ]);
      }),
    );
  program
    .command('demo')
    .description(
      'the main job on the sample workspace: import, diff, plan, replay to the sandbox queue, receive',
    )
    .action(async (_options: unknown, command: Command) => {
      // It receives with the SDK, which takes longer to load than most commands take to run.
      const { demo } = await import('../demo.ts');
      await demo(globalOptions(command));
    });
}
