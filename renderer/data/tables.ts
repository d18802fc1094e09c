import type { CallName, Contract } from '../../preload/contract/contract.ts';
import type { StoreTable } from '../../preload/contract/events.ts';

/** The store tables that each reading call shows; a `storeChanged` event asks exactly these again. */
export const tablesRead = {
  'workspace.info': ['profile', 'audience', 'history', 'workflow'],
  'workspace.doctor': ['profile', 'audience', 'history', 'workflow', 'run'],
  'clock.show': ['clock'],
  'retention.show': ['profile', 'run', 'clock'],
  'profile.show': ['profile', 'history'],
  'profile.list': ['profile', 'history'],
  'profile.count': ['profile'],
  'profile.fields': ['profile'],
  'audience.list': ['audience', 'history'],
  'audience.show': ['audience', 'history'],
  'audience.explain': ['audience', 'history', 'profile', 'clock'],
  'audience.checkRule': [],
  'audience.language': [],
  'history.page': ['history'],
  'history.recorded': ['history'],
  'history.count': ['history'],
  'history.histogram': ['history'],
  'batch.list': ['batch'],
  'workflow.list': ['workflow'],
  'workflow.show': ['workflow'],
  'message.preview': ['workflow', 'profile', 'audience', 'history', 'clock'],
  'live.list': ['run', 'workflow'],
  'run.plan': ['workflow', 'history', 'profile'],
  'run.list': ['run'],
  'run.show': ['run'],
  'run.messages': ['run'],
  'run.ofChange': ['run'],
  'run.message': ['run'],
  'run.editMessage': ['run'],
  'sandbox.status': ['sandbox'],
  'sandbox.messages': ['sandbox'],
  'sandbox.message': ['sandbox'],
  'app.info': [],
  'authorization.list': ['authorization'],
} as const satisfies Partial<Record<CallName<Contract>, readonly StoreTable[]>>;

export type ReadName = keyof typeof tablesRead;

/** Whether the answer of a call may differ after rows of `changed` did. */
export function isStale(name: string, changed: readonly StoreTable[]): boolean {
  const tables: readonly StoreTable[] = Object.hasOwn(tablesRead, name) ? tablesRead[name as ReadName] : [];
  return tables.some((table) => changed.includes(table));
}
