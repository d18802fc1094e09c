import type { DomainHandlers, EngineContext } from '../context.ts';
import { exportBundle } from './export.ts';
import { readManifest } from './manifest.ts';
import { mergeShares } from './merge.ts';

/** Answers `bundle.*`: a run as a file for other machines, and the journals of its shares as one. */
export function createBundleHandlers(engine: EngineContext): DomainHandlers<'bundle'> {
  return {
    export: (request, context) => exportBundle(engine, request, context),
    show: () => ({ bundle: readManifest(engine.store.db) ?? null }),
    merge: (request, context) => mergeShares(request, context),
  };
}
