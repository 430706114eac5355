import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { create } from 'tar';
import { SnoozeError } from '../errors.ts';

/** Folders that are no part of a plugin. */
const LEFT_OUT = ['.git', '__pycache__', '.pytest_cache'];

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
  const chunks: Buffer[] = [];
  const stream = create(
    {
      gzip: true,
      cwd: dirname(directory),
      portable: true,
      filter: (path) => !path.split('/').some((part) => LEFT_OUT.includes(part)),
    },
    [basename(directory)],
  );
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
