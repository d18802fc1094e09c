import { exhaustive, SegueError } from '../core/errors.ts';

/** The version that this Segue writes. */
export const WORKFLOW_VERSION = 1;
type KnownVersion = 1;

/**
 * Steps a workflow of any known version up to {@link WORKFLOW_VERSION}; one without `version` counts as the first. The
 * fields are not checked here.
 *
 * @throws WORKFLOW_INVALID for a version that this Segue does not know
 */
export function stepUp(value: Record<string, unknown>, where: string): Record<string, unknown> {
  const version = value.version ?? 1;
  if (!isKnown(version)) {
    throw new SegueError(
      'WORKFLOW_INVALID',
      `${where}: version ${JSON.stringify(version)?.slice(0, 40)} is not known, this Segue reads up to ${WORKFLOW_VERSION}. Update Segue.`,
      { path: '/version', newest: WORKFLOW_VERSION },
    );
  }
  switch (version) {
    case 1:
      return { ...value, version };
    default:
      return exhaustive(version);
  }
}

function isKnown(version: unknown): version is KnownVersion {
  return version === 1;
}
