import { createHash, hash } from 'node:crypto';
import { createReadStream, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Path in a folder → what lies there: `sha512-…` (Subresource Integrity) of a file, `link:…` of a link, `folder`. */
export type FileHashes = Record<string, string>;

/** Hashes everything in a folder, a piece at a time: the daemon has little memory and other things to do. */
export async function hashFiles(directory: string): Promise<FileHashes> {
  const hashes: FileHashes = {};
  for (const [path, kind] of listFiles(directory, ''))
    hashes[path] = kind === 'file' ? await integrityOfFile(join(directory, path)) : kind;
  return hashes;
}

/**
 * What is not as it was, in words, such as "lib/x.py has changed"; undefined where nothing is. Files are read only where
 * none is missing or new, and no further than to the first that differs.
 */
export async function differenceFrom(locked: FileHashes, directory: string): Promise<string | undefined> {
  const found = new Map(listFiles(directory, ''));
  const missing = Object.keys(locked).find((path) => !found.has(path));
  if (missing !== undefined) return `${missing} is missing`;
  for (const path of found.keys()) if (locked[path] === undefined) return `${path} was not in the package`;
  for (const [path, kind] of found) {
    const now = kind === 'file' ? await integrityOfFile(join(directory, path)) : kind;
    if (now !== locked[path]) return `${path} has changed`;
  }
  return undefined;
}

/** Every path below a folder, in order, and `file`, `folder`, `link:…` or `special file`. */
export function* listFiles(directory: string, folder: string): Generator<[path: string, kind: string]> {
  const entries = readdirSync(join(directory, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder + entry.name;
    if (entry.isSymbolicLink()) yield [path, `link:${readlinkSync(join(directory, path))}`];
    else if (entry.isFile()) yield [path, 'file'];
    else if (entry.isDirectory()) {
      yield [path, 'folder'];
      yield* listFiles(directory, `${path}/`);
    } else yield [path, 'special file'];
  }
}

/** Like `integrityOf`, of a file. */
export async function integrityOfFile(file: string): Promise<string> {
  return `sha512-${(await digestOf(file, 'sha512')).toString('base64')}`;
}

/** The digest of a file, a piece at a time. */
export async function digestOf(file: string, algorithm: 'sha512' | 'blake2b512'): Promise<Buffer> {
  const digest = createHash(algorithm);
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
  return digest.digest();
}

/** SHA-512 as npm and browsers write it. */
export function integrityOf(bytes: Buffer): string {
  return `sha512-${hash('sha512', bytes, 'base64')}`;
}
