import { runCommand } from '../command.ts';
import { SnoozeError } from '../errors.ts';
import { integrityOf } from './hash-files.ts';
import { SOURCES } from './sources/registry.ts';
import { cannotFetch, type FetchedPackage, type FetchOptions } from './sources/source.ts';

export type { FetchedPackage };

/**
 * Gets a package from where `typed` says: a folder, a tarball, a URL, a git repository or the npm registry. The client
 * of the daemon does this, as the user who typed it: with that user's keys and proxies, and none of the daemon's rights.
 * @throws SnoozeError SNOOZE_E_FETCH or SNOOZE_E_INSTALL
 */
export async function fetchPackage(
  typed: string,
  options: Omit<FetchOptions, 'run'>,
): Promise<FetchedPackage & { integrity: string }> {
  const source = typed === '' ? undefined : SOURCES.find((one) => one.is(typed));
  if (source === undefined)
    throw new SnoozeError('SNOOZE_E_INSTALL', `${JSON.stringify(typed)} names nothing to install from`);
  const fetched = await source.fetch(typed, { ...options, run: runCommand }).catch((cause: unknown) => {
    throw options.signal.aborted ? cannotFetch(typed, 'interrupted', { cause }) : cause;
  });
  return { ...fetched, integrity: integrityOf(fetched.contents) };
}
