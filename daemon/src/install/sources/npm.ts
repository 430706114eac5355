import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf, systemCodeOf } from '../../errors.ts';
import { LARGEST_PACKAGE_BYTES, LARGEST_PACKAGE_MIB } from '../read-tarball.ts';
import { cannotFetch, definePackageSource } from './source.ts';

/** A package's name as npm allows it, with a version, a range or a tag behind `@`. */
const NAME = /^(npm:)?(?<name>(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*)(@(?<version>[\w.^~<>=*|-]+))?$/;
const TIMEOUT_MS = 60_000;

/** A package of an npm registry, whose integrity pacote checks. Nothing of it is run, and what it depends on is not fetched. */
export const npm = definePackageSource({
  name: 'npm',
  is: (typed) =>
    typed.startsWith('npm:') ||
    (NAME.test(typed) && !/\.(tar(\.\w+)?|tgz|zip)$/.test(typed) && !existsSync(resolve(typed))),
  async fetch(typed, options) {
    const registry = await options.registry();
    const { name, version = 'latest' } = NAME.exec(typed)?.groups ?? {};
    if (name === undefined) throw cannotFetch(typed, 'this is no name of an npm package');
    const cache = mkdtempSync(join(tmpdir(), 'snooze-npm-'));
    try {
      const { default: pacote } = await import('pacote');
      const fetching = pacote.tarball(`${name}@${version}`, {
        ...(registry !== '' && { registry }),
        cache,
        ignoreScripts: true,
        timeout: TIMEOUT_MS,
        fetchRetries: 1,
      });
      const contents = await Promise.race([fetching, interruption(options.signal)]);
      if (contents.length > LARGEST_PACKAGE_BYTES)
        throw cannotFetch(typed, `it has more than ${LARGEST_PACKAGE_MIB} MiB`);
      return { contents, source: `npm:${name}${version === 'latest' ? '' : `@${version}`}`, signature: null };
    } catch (error) {
      if (systemCodeOf(error) === 'E404')
        throw cannotFetch(typed, 'there is no such file or folder, and no such package in the npm registry', {
          cause: error,
        });
      if (systemCodeOf(error) === 'EINTEGRITY')
        throw cannotFetch(typed, 'the package is not the one that the registry says it is: its SHA-512 is another', {
          cause: error,
        });
      throw cannotFetch(typed, messageOf(error), { cause: error });
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  },
});

/** Rejects when nobody waits any more: pacote cannot be told so. */
function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
