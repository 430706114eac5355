import { isAbsolute } from 'node:path';
import { nearest } from '../../config/validator.ts';
import { integrityOf } from '../hash-files.ts';
import { placeIn, readIndex, versionFor } from '../repository.ts';
import { file } from './file.ts';
import { cannotFetch, definePackageSource } from './source.ts';
import { url } from './url.ts';

/** `community:redis-monitor` or `community:redis-monitor@^1.0.0`; a URL and `npm:` look otherwise. */
const NAME = /^(?!npm:)(?<from>[\w.-]+):(?<name>[a-z][a-z0-9-]*)(@(?<range>.+))?$/;

/** A plugin of a repository of the configuration, held to the integrity in the repository's index. */
export const repository = definePackageSource({
  name: 'repository',
  is: (typed) => NAME.test(typed),
  async fetch(typed, options) {
    const { from = '', name = '', range } = NAME.exec(typed)?.groups ?? {};
    const repositories = await options.repositories();
    const found = repositories.find((one) => one.name === from);
    if (found === undefined) {
      const known = repositories.map((one) => one.name).join(', ') || 'there is none';
      throw cannotFetch(typed, `no repository of plugins.external_repositories is called ${from} (${known})`);
    }
    const { plugins } = await readIndex(found, options.signal);
    const plugin = plugins.find((one) => one.name === name);
    if (plugin === undefined) {
      const meant = nearest(
        name,
        plugins.map((one) => one.name),
      );
      const hint = meant === undefined ? 'type: snooze plugin search' : `did you mean ${from}:${meant}?`;
      throw cannotFetch(typed, `the repository ${from} has no ${name}`, { hint });
    }
    const version = versionFor(plugin, range);
    if (version === undefined) {
      const has = plugin.versions.map((one) => one.version).join(', ') || 'none';
      throw cannotFetch(typed, `the repository ${from} has no such version; it has ${has}`);
    }
    if (isAbsolute(version.file) || version.file.includes(':') || version.file.split('/').includes('..'))
      throw cannotFetch(typed, `the index of ${from} names ${version.file}, which is not in the repository`);
    const place = placeIn(found.url, version.file);
    const fetched = await (isAbsolute(place) ? file : url).fetch(place, options);
    if (integrityOf(fetched.contents) !== version.integrity)
      throw cannotFetch(typed, `${place} is not what the index of ${from} says it is`);
    const promised = { name, version: version.version };
    return { ...fetched, source: typed, promised, ...(found.trusted !== true && { doubt: doubtOf(from) }) };
  },
});

function doubtOf(repository: string): string {
  return `the repository ${repository} is not marked as trusted in plugins.external_repositories`;
}
