import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { listFiles } from './hash-files.ts';

/**
 * What the system says of a folder's files without reading one of them: after any change `text` is another. `newestMs`
 * is when one of them was changed last, in milliseconds since the Unix epoch.
 */
export type FolderSignature = { text: string; newestMs: number };

/** A big plugin must not hold up the daemon. */
const FILES_AT_ONCE = 500;

/** The signature of a folder and of one file beside it; throws where one of them is gone. */
export async function signatureOf(directory: string, file: string): Promise<FolderSignature> {
  const signature = createHash('sha256');
  let newestMs = 0;
  const add = (path: string, name: string) => {
    const { dev, ino, mode, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
    signature.update(`${name}\0${[dev, ino, mode, size, mtimeNs, ctimeNs].join()}\0`);
    newestMs = Math.max(newestMs, Number(ctimeNs / 1_000_000n));
  };
  add(file, '');
  add(directory, '');
  let count = 0;
  for (const [path] of listFiles(directory, '')) {
    add(join(directory, path), path);
    count += 1;
    if (count % FILES_AT_ONCE === 0) await nextTurn();
  }
  return { text: signature.digest('base64'), newestMs };
}
