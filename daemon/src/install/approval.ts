import { isDeepStrictEqual } from 'node:util';
import { SnoozeError } from '../errors.ts';
import type { Manifest } from '../plugins/manifest/manifest.ts';
import { addedPermissions } from './added-permissions.ts';

/** What a plugin asks for, of which a person must approve: where it runs, what is run to build it, what it may do and use. */
export type Asks = Pick<Manifest, 'type' | 'isolation' | 'build' | 'permissions' | 'resources'>;

/** What a manifest asks for. Pure. */
export function asksOf({ type, isolation, build, permissions, resources }: Manifest): Asks {
  // what a manifest was read into has no prototype, and so would equal nothing that comes back
  return structuredClone({
    type,
    ...(isolation && { isolation }),
    ...(build && { build }),
    ...(permissions && { permissions }),
    ...(resources && { resources }),
  });
}

/**
 * Holds a version that is to be installed to what was approved: by the person who installs it, exactly this; else, where
 * nobody was asked, with the version before it, at least this.
 * @throws SnoozeError SNOOZE_E_PLUGIN_APPROVAL naming what was not approved.
 */
export function checkApproval(
  manifest: Manifest,
  { given, before, source }: { given: unknown; before: Asks | undefined; source: string },
): void {
  const asks = asksOf(manifest);
  if (given === undefined && before !== undefined) {
    checkApproved(manifest, before, source);
    return;
  }
  if (isDeepStrictEqual(given, asks)) return;
  const found = given === undefined ? 'nobody has approved' : 'something else was approved than';
  throw notApproved(`${found} what ${manifest.name} ${manifest.version} asks for`, source);
}

/**
 * @param source where the plugin is from, for the message.
 * @throws SnoozeError SNOOZE_E_PLUGIN_APPROVAL naming what the manifest asks for beyond what was approved.
 */
export function checkApproved(manifest: Manifest, approved: Asks, source: string): void {
  const added = addedPermissions(approved, manifest);
  if (added.length > 0)
    throw notApproved(
      `${manifest.name} ${manifest.version} asks for more than was approved: ${added.join('; ')}`,
      source,
    );
}

function notApproved(message: string, source: string): SnoozeError {
  // in the one line, because `snooze plugin list` shows no hint
  return new SnoozeError(
    'SNOOZE_E_PLUGIN_APPROVAL',
    `${message}; to approve it, type: snooze plugin install ${source}`,
  );
}
