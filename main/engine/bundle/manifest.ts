import { z } from 'zod';
import { type BundleManifest, bundleManifest } from '../../../preload/contract/bundle.ts';
import { SegueError } from '../core/errors.ts';
import { type Instant, requireInstant } from '../core/instant.ts';
import { type Db, readSetting, writeSetting } from '../store/store.ts';

/** The version that this Segue writes. */
export const BUNDLE_VERSION = 1;
const SETTING = 'bundle';
const anyVersion = z.object({ version: z.int() });

/** Marks a store as a bundle. */
export function writeManifest(db: Db, manifest: BundleManifest): void {
  writeSetting(db, SETTING, JSON.stringify(manifest));
}

/**
 * What a store that was opened from a bundle says of it; undefined for any other store.
 *
 * @throws WORKSPACE_NEWER for a bundle of a version that this Segue does not know
 */
export function readManifest(db: Db): BundleManifest | undefined {
  const text = readSetting(db, SETTING);
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  const { version } = anyVersion.parse(value);
  if (version !== BUNDLE_VERSION) {
    throw new SegueError(
      'WORKSPACE_NEWER',
      `The bundle has version ${version}, this Segue reads up to ${BUNDLE_VERSION}. Update Segue.`,
      { version, newest: BUNDLE_VERSION },
    );
  }
  return bundleManifest.parse(value);
}

/**
 * The instant of a backfill's messages in a store that was opened from a bundle: the bundle's, so that a share that is
 * run again elsewhere gives its messages the same instant and the same dedup ids.
 */
export function bundleInstant(db: Db): Instant | undefined {
  const manifest = readManifest(db);
  return manifest === undefined ? undefined : requireInstant(manifest.createdAt, 'createdAt');
}
