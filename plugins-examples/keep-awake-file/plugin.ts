/** Busy while a file exists. Runs inside the daemon, so it imports nothing but Node's own modules and types. */
import { open, stat } from 'node:fs/promises';
import type { Plugin } from '@cloudsnooze/plugin';

type Config = { paths?: string[]; max_age_minutes?: number | null };

const DEFAULT_PATHS = ['/run/keep-awake'];
const READ_BYTES = 1024;
const REASON_CHARACTERS = 200;

export const plugin: Plugin<Config> = {
  async checkIdle({ metrics, config }) {
    const { paths = DEFAULT_PATHS, max_age_minutes: maxAgeMinutes = null } = config;
    const expired: string[] = [];
    for (const path of paths) {
      const file = await statIfThere(path);
      if (!file) continue;
      // A file from the future (another clock, a `touch -d`) is not old.
      const ageMinutes = (metrics.timestamp - file.mtimeMs / 1000) / 60;
      if (maxAgeMinutes !== null && ageMinutes > maxAgeMinutes) {
        expired.push(`${path} is ${Math.floor(ageMinutes)} minutes old and counted for ${maxAgeMinutes}`);
        continue;
      }
      // Opening a pipe would wait for its other end, and so would the daemon.
      const text = file.isFile() ? await readFirstLine(path) : '';
      return { is_idle: false, reason: text === '' ? `${path} exists` : `${path}: ${text}`, details: { path } };
    }
    const nothing = paths.length === 1 ? `there is no ${paths[0]}` : `there is none of ${paths.join(', ')}`;
    return { is_idle: true, reason: expired.length > 0 ? expired.join(', ') : nothing };
  },
};

async function statIfThere(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    // Not permitted, or a broken disk: whether it exists is not known, and unknown is busy.
    throw error;
  }
}

/** The first line as people may see it: bounded, without control characters. Empty where it cannot be read. */
async function readFirstLine(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, 0);
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split('\n');
    return line
      .replaceAll(/\p{Cc}/gu, '')
      .trim()
      .slice(0, REASON_CHARACTERS);
  } catch {
    return ''; // it exists, which is what counts: it went away just now, or only root may read it
  }
}
