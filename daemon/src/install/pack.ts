import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { SnoozeError } from '../errors.ts';
import { LARGEST_PACKAGE_BYTES, LARGEST_PACKAGE_MIB } from './read-tarball.ts';

/** What is no part of a plugin, by name, anywhere in its folder. */
const LEFT_OUT = ['.git', '__pycache__', '.pytest_cache', '.mypy_cache', '.ruff_cache', '.DS_Store'];
/** And these, by path, in a folder of packages. */
const LEFT_OUT_OF_MODULES = 'node_modules/.cache';
/** Every entry stands in this folder, as npm has it, so that the package does not depend on the folder's name. */
const TOP = 'package';

/**
 * The plugin in a folder as a gzipped tarball, always in the same order and with the same times: the same files make the
 * same package. `shown` names the folder in messages.
 * @throws SnoozeError SNOOZE_E_INSTALL when the folder has no `plugin.json`, is too large, or holds what no plugin may.
 */
export async function packFolder(directory: string, shown = directory): Promise<Buffer> {
  if (!existsSync(join(directory, 'plugin.json'))) {
    throw new SnoozeError('SNOOZE_E_INSTALL', `${shown}: there is no plugin.json in this folder, so it is no plugin`, {
      hint: 'docs/plugins.md shows a whole plugin',
    });
  }
  const { pack } = await import('./tar.ts');
  const tarball = pack();
  let bytes = 0;
  for (const path of walk(directory, '')) {
    const place = join(directory, path);
    const found = lstatSync(place);
    bytes += found.size;
    if (bytes > LARGEST_PACKAGE_BYTES)
      throw new SnoozeError('SNOOZE_E_INSTALL', `${shown}: a plugin has at most ${LARGEST_PACKAGE_MIB} MiB`);
    const header = { name: `${TOP}/${path}`, mode: found.mode & 0o7777, mtime: new Date(0) };
    if (found.isDirectory()) tarball.entry({ ...header, type: 'directory', mode: 0o755 });
    else if (found.isSymbolicLink()) tarball.entry({ ...header, type: 'symlink', linkname: readlinkSync(place) });
    else if (found.isFile()) tarball.entry({ ...header, type: 'file' }, readFileSync(place));
    else
      throw new SnoozeError(
        'SNOOZE_E_INSTALL',
        `${join(shown, path)}: a plugin is files, folders and links, and this is none of them`,
      );
  }
  tarball.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tarball.pipe(createGzip())) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function* walk(directory: string, folder: string): Generator<string> {
  for (const name of readdirSync(join(directory, folder)).sort()) {
    const path = folder + name;
    if (LEFT_OUT.includes(name) || `/${path}`.endsWith(`/${LEFT_OUT_OF_MODULES}`)) continue;
    yield path;
    if (lstatSync(join(directory, path)).isDirectory()) yield* walk(directory, `${path}/`);
  }
}
