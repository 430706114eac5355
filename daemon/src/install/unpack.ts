import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { SnoozeError, systemCodeOf } from '../errors.ts';
import { createEntryNames, refused } from './entry-name.ts';
import { readTarball, type TarballEntry } from './read-tarball.ts';

const MOST_ENTRIES = 10_000;
const SETUID_OR_SETGID = 0o6000;

type Link = { path: string; target: string };

/**
 * Unpacks a plugin's tarball into an empty folder and gives the folder in it that holds `plugin.json`.
 * @throws SnoozeError SNOOZE_E_INSTALL when it is no tarball, too large, or holds what a plugin may not hold.
 */
export async function unpackPackage(tarball: string, staging: string): Promise<string> {
  const names = createEntryNames();
  const links: Link[] = [];
  let count = 0;
  await readTarball(tarball, async (entry) => {
    count += 1;
    if (count > MOST_ENTRIES) throw refused(`it holds more than ${MOST_ENTRIES} files`);
    const path = names.take(entry.header.name).join('/');
    await unpackEntry(path, entry, { staging, links });
  });
  const root = pluginFolder(staging);
  // As long as no link exists, nothing can be written through one.
  for (const { path, target } of links) makeAt(path, () => symlinkSync(target, join(staging, path)));
  for (const link of links) checkLink(link, staging, root);
  return root;
}

async function unpackEntry(
  path: string,
  { header, contents }: TarballEntry,
  { staging, links }: { staging: string; links: Link[] },
): Promise<void> {
  const { type, mode = 0, linkname } = header;
  const place = join(staging, path);
  if ((mode & SETUID_OR_SETGID) !== 0) throw refused(`${path} has a setuid or setgid bit`);
  makeAt(path, () => mkdirSync(type === 'directory' ? place : dirname(place), { recursive: true, mode: 0o755 }));
  if (type === 'file') {
    const descriptor = makeAt(path, () => openSync(place, 'wx', (mode & 0o111) === 0 ? 0o644 : 0o755));
    try {
      for await (const chunk of contents) writeSync(descriptor, chunk as Buffer);
    } finally {
      closeSync(descriptor);
    }
    return;
  }
  if (type === 'symlink') links.push({ path, target: linkname ?? '' });
  else if (type === 'link') makeHardLink(path, linkname ?? '', staging);
  else if (type !== 'directory')
    throw refused(`${path} is a ${type ?? 'special file'}; a plugin is files, folders and links`);
  contents.resume();
}

/** Only to a file that was unpacked before; there are no links yet that could lead elsewhere. */
function makeHardLink(path: string, target: string, staging: string): void {
  const parts = createEntryNames().take(target);
  const file = join(staging, ...parts);
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile())
    throw refused(`${path} is a hard link to ${target}, which is no file before it in the package`);
  makeAt(path, () => linkSync(file, join(staging, path)));
}

/** Where a link leads in the end, by way of whatever other links, only the system can tell. */
function checkLink({ path, target }: Link, staging: string, root: string): void {
  let end: string;
  try {
    end = realpathSync(join(staging, path));
  } catch (error) {
    if (systemCodeOf(error) === 'ELOOP') throw refused(`${path} is a link to ${target}, which leads in a circle`);
    throw refused(`${path} is a link to ${target}, which the package does not hold`);
  }
  if (!`${end}${sep}`.startsWith(realpathSync(root) + sep))
    throw refused(`${path} is a link to ${target}, which leads out of the package`);
}

function makeAt<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!['EEXIST', 'ENOTDIR', 'EISDIR'].includes(systemCodeOf(error) ?? '')) throw error;
    throw refused(`${path} or a folder above it is a file or a link as well`);
  }
}

function pluginFolder(staging: string): string {
  const folders = readdirSync(staging, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const [root, second] = [staging, ...folders.map(({ name }) => join(staging, name))].filter((folder) =>
    existsSync(join(folder, 'plugin.json')),
  );
  if (root === undefined)
    throw new SnoozeError('SNOOZE_E_INSTALL', 'the package holds no plugin.json, at its top or in its one folder');
  if (second !== undefined) throw refused('it holds more than one plugin.json, and a package is one plugin');
  return root;
}
