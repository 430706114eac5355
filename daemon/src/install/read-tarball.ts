import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Entry, Headers } from 'tar-stream';
import { messageOf, SnoozeError } from '../errors.ts';
import { refused } from './entry-name.ts';

/** Of the package, and of what it holds when it is unpacked. */
export const LARGEST_PACKAGE_MIB = 64;
export const LARGEST_PACKAGE_BYTES = LARGEST_PACKAGE_MIB * 1024 * 1024;

/** One entry of a tarball: what the archive says of it, and its contents. */
export type TarballEntry = { header: Headers; contents: Entry };

/**
 * Gives the entries of a gzipped tarball to `take`, one after the other; `take` must read each entry's contents.
 * Inflates no more than it takes to see that a package is too large.
 * @throws SnoozeError SNOOZE_E_INSTALL when it is no tarball or too large; and whatever `take` throws.
 */
export async function readTarball(file: string, take: (entry: TarballEntry) => Promise<void>): Promise<void> {
  // Loaded when something is installed, which is seldom.
  const { extract } = await import('./tar.ts');
  const { createGunzip } = await import('node:zlib');
  const entries = extract();
  const taking = (async () => {
    for await (const contents of entries) await take({ header: contents.header, contents });
  })();
  const ends = await Promise.allSettled([taking, pipeline(createReadStream(file), createGunzip(), limited, entries)]);
  const faults = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  if (faults.length === 0) return;
  // A full disk is no fault of the package.
  const clear = faults.find((fault) => fault instanceof SnoozeError || isOfSystem(fault));
  if (clear !== undefined) throw clear;
  const [cause] = faults;
  throw new SnoozeError('SNOOZE_E_INSTALL', `this is no package, which is a gzipped tarball: ${messageOf(cause)}`, {
    cause,
  });
}

function isOfSystem(fault: unknown): boolean {
  return fault instanceof Error && 'syscall' in fault;
}

async function* limited(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > LARGEST_PACKAGE_BYTES)
      throw refused(`it holds more than ${LARGEST_PACKAGE_MIB} MiB when it is unpacked`);
    yield chunk;
  }
}
