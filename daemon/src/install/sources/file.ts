import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { SnoozeError } from '../../errors.ts';
import { LARGEST_PACKAGE_BYTES, LARGEST_PACKAGE_MIB } from '../read-tarball.ts';
import { cannotFetch, definePackageSource } from './source.ts';

/** A tarball of this machine, and its signature where one lies beside it. The last one to be asked: it explains itself. */
export const file = definePackageSource({
  name: 'file',
  is: () => true,
  async fetch(typed) {
    if (/^[a-z][a-z+.-]*:\/\//i.test(typed))
      throw cannotFetch(
        typed,
        'plugins come from https:// and git+https:// (also git+ssh://, git+file://), a path, or npm',
      );
    const source = resolve(typed);
    const found = statSync(source, { throwIfNoEntry: false });
    if (found === undefined) throw new SnoozeError('SNOOZE_E_INSTALL', `${source}: there is no such file or folder`);
    if (!found.isFile() || !/\.(tar\.gz|tgz)$/.test(source))
      throw new SnoozeError('SNOOZE_E_INSTALL', `${source}: expected a folder or a .tar.gz, found ${basename(source)}`);
    if (found.size > LARGEST_PACKAGE_BYTES)
      throw new SnoozeError('SNOOZE_E_INSTALL', `${source}: a package has at most ${LARGEST_PACKAGE_MIB} MiB`);
    const signature = `${source}.minisig`;
    return {
      contents: readFileSync(source),
      source,
      signature: existsSync(signature) ? readFileSync(signature, 'utf8') : null,
    };
  },
});
