import type { Command } from 'commander';
import { readText } from '../file-argument.ts';
import { answer, printLines } from '../output.ts';
import { ruleText, warningLine } from '../rule-argument.ts';
import { globalOptions } from '../session.ts';

/** `filter check` and `filter eval`: FilterQL without a workspace. */
export function addFilterCommands(program: Command): void {
  const filter = program.command('filter').description('FilterQL: check a rule, evaluate cases');
  filter
    .command('check')
    .description('canonical text and syntax tree of a rule, or line, column and what was expected')
    .option('--text <text>', 'the rule')
    .option('--file <file>', 'a file with the rule')
    .action(async (options: { text?: string; file?: string }, command: Command) => {
      const { checkFilter } = await import('../../engine/rules/rules.ts');
      const checked = checkFilter(ruleText(options, 'filter check', '--text'));
      answer(globalOptions(command).json, checked, ({ canonical, ast, warnings }) => [
        ...warnings.map(warningLine),
        canonical,
        JSON.stringify(ast, null, 2),
      ]);
    });
  filter
    .command('eval')
    .description('evaluates cases and prints one JSON line for each')
    .requiredOption('--cases <file>', 'cases as a .json array or NDJSON')
    .action(async (options: { cases: string }) => {
      const { parseEvalCases, runEvalCase } = await import('../../engine/rules/rules.ts');
      const cases = parseEvalCases(readText(options.cases, '--cases'));
      printLines(cases.map((one) => JSON.stringify(runEvalCase(one))));
    });
}
