import { type Statement, walk } from './ast.ts';

export interface RuleSummary {
  /** Names of the fields that are read, each once, in the order of the text. */
  readonly fields: readonly string[];
  /** Names of the functions that are called, in lower case. */
  readonly functions: readonly string[];
  /** Names of the audiences that are included, in lower case. */
  readonly includes: readonly string[];
}

/** What some statements read, call and include by themselves. */
export function summarize(statements: readonly Statement[]): RuleSummary {
  const fields = new Set<string>();
  const functions = new Set<string>();
  const includes = new Set<string>();
  for (const { filter } of statements) {
    walk(filter, (node) => {
      if (node.type === 'ident' && node.name !== '*' && node.name !== 'match_all') fields.add(node.name);
      else if (node.type === 'call') functions.add(node.name.toLowerCase());
      else if (node.type === 'include') includes.add(node.ident.name.toLowerCase());
    });
  }
  return { fields: [...fields], functions: [...functions], includes: [...includes] };
}
