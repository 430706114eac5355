import { createHash, type Hash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { rfc3339 } from '../../clock.ts';
import { systemCodeOf } from '../../errors.ts';
import { refusal } from './service.ts';

/** What is told of a file. */
export type FileFacts = { name: string; size: number; sha256: string; modified: string };

type Known = { size: number; mtimeMs: number; hash: Hash };

/** Tells of files, and reads none twice that has not changed: a plugin that puts a large one sends it in many pieces. */
export type FileTeller = {
  /** @throws RpcAnswerError where there is no such file. */
  facts(path: string, name: string): Promise<FileFacts>;
  /** A piece has been written at `at`: 0, or the end of what was there. */
  wrote(path: string, at: number, piece: Buffer): Promise<void>;
  forget(path: string): void;
};

/** So many running hashes are kept. */
const MOST_KNOWN = 500;

export function createFileTeller(): FileTeller {
  const known = new Map<string, Known>();
  const remember = (path: string, found: Known) => {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(path, found);
    return found;
  };
  return {
    async facts(path, name) {
      try {
        const { size, mtimeMs } = await stat(path);
        const before = known.get(path);
        const fresh = before?.size === size && before.mtimeMs === mtimeMs;
        const { hash } = fresh ? before : remember(path, { size, mtimeMs, hash: await hashOf(path) });
        return { name, size, sha256: hash.copy().digest('hex'), modified: rfc3339(mtimeMs) };
      } catch (error) {
        if (systemCodeOf(error) === 'ENOENT') throw refusal('notFound', `there is no file ${name}`);
        throw error;
      }
    },
    async wrote(path, at, piece) {
      const before = at === 0 ? createHash('sha256') : known.get(path)?.hash;
      known.delete(path);
      if (before === undefined) return;
      const { size, mtimeMs } = await stat(path);
      remember(path, { size, mtimeMs, hash: before.update(piece) });
    },
    forget: (path) => void known.delete(path),
  };
}

async function hashOf(path: string): Promise<Hash> {
  const hash = createHash('sha256');
  const handle = await open(path, 'r');
  // The stream closes the handle.
  for await (const chunk of handle.createReadStream()) hash.update(chunk as Buffer);
  return hash;
}
