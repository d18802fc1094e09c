import type { AudienceRow } from '../../../preload/contract/audience.ts';
import type { OutputOf } from '../../../preload/contract/call.ts';
import type { EngineContract } from '../../../preload/contract/contract.ts';
import type { CallContext, DomainHandlers, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { instantOfMs } from '../core/instant.ts';
import { lastChangeAt } from '../history/last-change.ts';
import type { ChangeCounts } from '../membership/live-rows.ts';
import { memberCounts } from '../membership/membership.ts';
import { fireTimers } from '../reevaluation/advance.ts';
import { rulesChanged } from '../reevaluation/pending.ts';
import { reevaluateAll } from '../reevaluation/whole-store.ts';
import { checkFilter, FUNCTION_NAMES } from '../rules/rules.ts';
import type { Db } from '../store/store.ts';
import { importDefinitions, saveDefinition } from './definitions.ts';
import { explainAudience } from './explain.ts';
import { previewRule } from './preview.ts';
import { type Audience, listAudiences, requireAudience } from './store.ts';
import { warningsOfStored } from './warnings.ts';

/** The calls about audiences. */
export function createAudienceHandlers(engine: EngineContext): DomainHandlers<'audience'> {
  const { db } = engine.store;
  return {
    import: async ({ path }, call) => {
      await fireDue(engine, call);
      const { counts, slugs } = await importDefinitions(engine, path, call.signal);
      const moved = await followRules(engine, call);
      return { ...counts, ...moved, warnings: warningsOfStored(db, slugs) };
    },
    list: () => {
      const members = memberCounts(db);
      return { rows: listAudiences(db).map((audience) => rowOf(db, audience, members)) };
    },
    show: ({ slug }) => rowOf(db, requireAudience(db, slug), memberCounts(db)),
    explain: (input) => explainAudience(engine, input),
    checkRule: ({ text }) => checkRule(text),
    previewRule: (input, call) => previewRule(engine, input, call),
    saveRule: async (input, call) => {
      await fireDue(engine, call);
      const outcome = saveDefinition(engine, input);
      const moved = await followRules(engine, call);
      const { slug } = requireAudience(db, input.slug);
      return { outcome, ...moved, warnings: warningsOfStored(db, new Set([slug])) };
    },
    language: () => ({ functions: [...FUNCTION_NAMES] }),
  };
}

/** What fell due under the rules as they were happened before the edit, each at its own instant. */
async function fireDue(engine: EngineContext, call: CallContext): Promise<void> {
  await fireTimers(engine, instantOfMs(engine.clock()), call);
}

async function followRules(engine: EngineContext, call: CallContext): Promise<ChangeCounts> {
  return rulesChanged(engine.store.db) ? await reevaluateAll(engine, call) : { entered: 0, exited: 0 };
}

function rowOf(
  db: Db,
  { id, hexId, slug, name, filter }: Audience,
  members: ReadonlyMap<number, number>,
): AudienceRow {
  return {
    id: hexId,
    slug,
    name,
    kind: filter === null ? 'imported' : 'rule',
    filter,
    members: members.get(id) ?? 0,
    lastChangeAt: lastChangeAt(db, id),
  };
}

function checkRule(text: string): OutputOf<EngineContract['audience']['checkRule']> {
  try {
    const { canonical, fields } = checkFilter(text);
    return { valid: true, canonical, fields: [...fields] };
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    const { line, column, found, expected } = error.detail ?? {};
    return {
      valid: false,
      message: error.message,
      line: typeof line === 'number' ? line : 1,
      column: typeof column === 'number' ? column : 1,
      found: typeof found === 'string' ? found : '',
      expected: typeof expected === 'string' ? [expected] : [],
    };
  }
}
