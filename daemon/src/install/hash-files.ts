import { createHash, hash } from 'node:crypto';
import { createReadStream, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Path in a folder → what lies there: `sha512-…` (Subresource Integrity) of a file, `link:…` of a link, `folder`. */
export type FileHashes = Record<string, string>;

/** Hashes everything in a folder, a piece at a time: the daemon has little memory and other things to do. */
export async function hashFiles(directory: string, folder = ''): Promise<FileHashes> {
  const hashes: FileHashes = {};
  const entries = readdirSync(join(directory, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder + entry.name;
    const place = join(directory, path);
    if (entry.isSymbolicLink()) hashes[path] = `link:${readlinkSync(place)}`;
    else if (entry.isFile()) hashes[path] = await integrityOfFile(place);
    else if (entry.isDirectory()) Object.assign(hashes, { [path]: 'folder' }, await hashFiles(directory, `${path}/`));
    else hashes[path] = 'special file';
  }
  return hashes;
}

async function integrityOfFile(place: string): Promise<string> {
  const digest = createHash('sha512');
  for await (const chunk of createReadStream(place)) digest.update(chunk as Buffer);
  return `sha512-${digest.digest('base64')}`;
}

/** SHA-512 as npm and browsers write it. */
export function integrityOf(bytes: Buffer): string {
  return `sha512-${hash('sha512', bytes, 'base64')}`;
}

/** The first difference in words, such as "lib/x.py has changed"; undefined where there is none. Pure. */
export function differenceBetween(locked: FileHashes, found: FileHashes): string | undefined {
  for (const [path, hashed] of Object.entries(locked)) {
    if (found[path] === undefined) return `${path} is missing`;
    if (found[path] !== hashed) return `${path} has changed`;
  }
  const more = Object.keys(found).find((path) => locked[path] === undefined);
  return more === undefined ? undefined : `${more} was not in the package`;
}
