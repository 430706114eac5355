import { stat } from 'node:fs/promises';
import { hostFor, type SandboxPolicy } from './confine.ts';
import type { Program } from './engine.ts';
import { besideGranted, grantsOf } from './granted-paths.ts';
import { hostEngine } from './host-engine.ts';

/**
 * Says of a path that a plugin is granted, and that its sandbox hides or shows as it was, what is there now; undefined
 * where there is none.
 */
export type ChangedGrant = () => Promise<string | undefined>;

/** A file system that hangs holds one look at a path, and not one for each round and each start. */
const looking = new Map<string, Promise<string | undefined>>();

/**
 * Takes note of what is there of the granted paths that are mounted when the plugin is started next. One whose process
 * lives for one call, or is not shown its files by mounts, has nothing to take note of.
 */
export async function noteGrants(
  program: Pick<Program, 'manifest' | 'config' | 'directory'>,
  policy: SandboxPolicy,
): Promise<ChangedGrant> {
  const { type, process_model: model = 'persistent' } = program.manifest;
  const isMountedOnce = type !== 'native' && model === 'persistent';
  if (!isMountedOnce || hostFor(await hostEngine(), policy).engine.name !== 'bubblewrap') return async () => undefined;
  const grants = grantsOf(program);
  const paths = grants.everything ? [] : [...grants.read.filter(besideGranted(grants)), ...grants.write];
  const look = () => Promise.all(paths.map(identityAt));
  const atStart = look();
  return async () => {
    const now = await look();
    for (const [index, before] of (await atStart).entries()) {
      // What is gone can still be seen in the sandbox.
      if (now[index] === undefined || now[index] === before) continue;
      return `${paths[index]} is ${before === undefined ? 'there now' : 'another one now'}`;
    }
    return undefined;
  };
}

/** Which file or folder it is: a file system gives the number of a removed one to the next. */
function identityAt(path: string): Promise<string | undefined> {
  return looking.getOrInsertComputed(path, () =>
    stat(path, { bigint: true })
      .then(
        ({ dev, ino, birthtimeNs }) => `${dev}:${ino}:${birthtimeNs}`,
        () => undefined, // it is not there, or hidden from the daemon too
      )
      .finally(() => looking.delete(path)),
  );
}
