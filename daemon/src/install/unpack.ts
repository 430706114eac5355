import { chmodSync, existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join, posix, resolve, sep } from 'node:path';
import { messageOf, SnoozeError } from '../errors.ts';

const LARGEST_PACKAGE_BYTES = 64 * 1024 * 1024;
const MOST_FILES = 10_000;

/**
 * Unpacks a plugin's tarball into an empty folder and gives the folder in it that holds `plugin.json`.
 * @throws SnoozeError SNOOZE_E_INSTALL when it is no tarball, too large, or would reach outside of the folder.
 */
export async function unpackPackage(tarball: string, staging: string): Promise<string> {
  try {
    // Loaded when something is installed, which is seldom.
    const { extract } = await import('tar');
    await checkEntries(tarball);
    await extract({ file: tarball, cwd: staging, strict: true, preserveOwner: false });
  } catch (error) {
    if (error instanceof SnoozeError) throw error;
    throw new SnoozeError('SNOOZE_E_INSTALL', `this is no package: ${messageOf(error)}`, { cause: error });
  }
  for (const path of walk(staging)) checkFile(path, staging);
  const root = [staging, ...readdirSync(staging).map((name) => join(staging, name))].find((folder) =>
    existsSync(join(folder, 'plugin.json')),
  );
  if (root === undefined)
    throw new SnoozeError('SNOOZE_E_INSTALL', 'the package holds no plugin.json, at its top or in its one folder');
  return root;
}

async function checkEntries(tarball: string): Promise<void> {
  let bytes = 0;
  let files = 0;
  const faults: string[] = [];
  const { list } = await import('tar');
  await list({
    file: tarball,
    strict: true,
    onReadEntry({ path, type, linkpath = '', size = 0 }) {
      bytes += size;
      files += 1;
      if (!['File', 'Directory', 'SymbolicLink', 'OldFile'].includes(type))
        faults.push(`${path} is a ${type}, only files, folders and links are possible`);
      if (path.startsWith('/') || path.split('/').includes('..')) faults.push(`${path} leads out of the package`);
      const target = posix.join(posix.dirname(path), linkpath);
      if (type === 'SymbolicLink' && (linkpath.startsWith('/') || target.startsWith('..'))) {
        faults.push(`${path} is a link to ${linkpath}, which leads out of the package`);
      }
    },
  });
  if (files > MOST_FILES) faults.push(`it holds ${files} files, at most ${MOST_FILES} are possible`);
  if (bytes > LARGEST_PACKAGE_BYTES)
    faults.push(`it holds ${bytes} bytes, at most ${LARGEST_PACKAGE_BYTES} are possible`);
  if (faults.length > 0)
    throw new SnoozeError('SNOOZE_E_INSTALL', `this package is refused: ${faults.slice(0, 3).join('; ')}`);
}

function checkFile(path: string, staging: string): void {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) {
    const target = resolve(dirname(path), readlinkSync(path));
    if (target.startsWith(staging + sep)) return;
    throw new SnoozeError(
      'SNOOZE_E_INSTALL',
      `this package is refused: ${path.slice(staging.length + 1)} is a link that leads out of it`,
    );
  }
  // Nothing in a plugin runs as somebody else.
  if ((found.mode & 0o6000) !== 0) chmodSync(path, found.mode & 0o777);
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).map((entry) =>
    join(entry.parentPath, entry.name),
  );
}
