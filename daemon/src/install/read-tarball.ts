import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Entry, Headers } from 'tar-stream';
import { messageOf, SnoozeError } from '../errors.ts';
import { refused } from './entry-name.ts';

/** Of the package, and of what it holds when it is unpacked. */
export const LARGEST_PACKAGE_BYTES = 64 * 1024 * 1024;

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
  const entries = extract();
  let thrown: unknown;
  const taking = (async () => {
    for await (const contents of entries) await take({ header: contents.header, contents });
  })().catch((error: unknown) => {
    thrown = error;
  });
  try {
    await pipeline(createReadStream(file), createGunzip(), limited, entries);
  } catch (error) {
    await taking;
    throw asRefusal(thrown instanceof SnoozeError ? thrown : error);
  }
  await taking;
  if (thrown !== undefined) throw asRefusal(thrown);
}

async function* limited(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > LARGEST_PACKAGE_BYTES)
      throw refused(`it holds more than ${LARGEST_PACKAGE_BYTES} bytes when it is unpacked`);
    yield chunk;
  }
}

function asRefusal(error: unknown): SnoozeError {
  if (error instanceof SnoozeError) return error;
  return new SnoozeError('SNOOZE_E_INSTALL', `this is no package, which is a gzipped tarball: ${messageOf(error)}`, {
    cause: error,
  });
}
