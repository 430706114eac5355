import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { createGzip } from 'node:zlib';
import type { Pack } from 'tar-stream';
import { SnoozeError } from '../errors.ts';

/** What is no part of a plugin, by name, anywhere in its folder. */
const LEFT_OUT = ['.git', '__pycache__', '.pytest_cache', '.mypy_cache', '.ruff_cache', '.DS_Store'];
/** And these, by path, in a folder of packages. */
const LEFT_OUT_OF_MODULES = 'node_modules/.cache';
/** Every entry stands in this folder, as npm has it, so that the package does not depend on the folder's name. */
const TOP = 'package';

/**
 * A plugin as a gzipped tarball: a folder is packed, a `.tar.gz` or `.tgz` is read as it is.
 * @throws SnoozeError SNOOZE_E_INSTALL when it is neither, or the folder has no `plugin.json`.
 */
export async function readPackage(path: string): Promise<Buffer> {
  const whole = resolve(path);
  const found = statSync(whole, { throwIfNoEntry: false });
  if (found === undefined) throw new SnoozeError('SNOOZE_E_INSTALL', `${whole}: there is no such file or folder`);
  if (found.isDirectory()) return packDirectory(whole);
  if (/\.(tar\.gz|tgz)$/.test(whole)) return readFileSync(whole);
  throw new SnoozeError('SNOOZE_E_INSTALL', `${whole}: expected a folder or a .tar.gz, found ${basename(whole)}`);
}

async function packDirectory(directory: string): Promise<Buffer> {
  if (!existsSync(join(directory, 'plugin.json'))) {
    throw new SnoozeError(
      'SNOOZE_E_INSTALL',
      `${directory}: there is no plugin.json in this folder, so it is no plugin`,
      {
        hint: 'docs/plugins.md shows a whole plugin',
      },
    );
  }
  const { pack } = await import('./tar.ts');
  const tarball = pack();
  addFolder(tarball, directory, '');
  tarball.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tarball.pipe(createGzip())) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Always in the same order and with the same times, so that the same files make the same package. */
function addFolder(tarball: Pack, directory: string, folder: string): void {
  const mtime = new Date(0);
  tarball.entry({ name: `${TOP}/${folder}`, type: 'directory', mode: 0o755, mtime });
  for (const name of readdirSync(join(directory, folder)).sort()) {
    const path = folder + name;
    if (LEFT_OUT.includes(name) || `/${path}`.endsWith(`/${LEFT_OUT_OF_MODULES}`)) continue;
    const file = join(directory, path);
    const found = lstatSync(file);
    const header = { name: `${TOP}/${path}`, mode: found.mode & 0o7777, mtime };
    if (found.isDirectory()) addFolder(tarball, directory, `${path}/`);
    else if (found.isSymbolicLink()) tarball.entry({ ...header, type: 'symlink', linkname: readlinkSync(file) });
    else if (found.isFile()) tarball.entry({ ...header, type: 'file' }, readFileSync(file));
    else
      throw new SnoozeError(
        'SNOOZE_E_INSTALL',
        `${file}: a plugin is files, folders and links, and this is none of them`,
      );
  }
}
