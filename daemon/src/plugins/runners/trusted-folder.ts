import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SnoozeError } from '../../errors.ts';

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;

/**
 * What runs inside of the daemon must be code that nobody can change but root and the daemon's own user.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START that names the first file of which that is not true.
 */
export async function requireTrusted(instance: string, directory: string): Promise<void> {
  const own = process.getuid?.();
  if (own === undefined) return; // a system without owners
  const inside = await readdir(directory, { recursive: true });
  for (const file of [directory, ...inside.map((name) => join(directory, name))]) {
    const fault = await faultOf(file, own);
    if (fault === undefined) continue;
    const message = `${instance}: ${file} ${fault.what}, so it is not loaded into snoozed: type ${fault.remedy}`;
    throw new SnoozeError('SNOOZE_E_PLUGIN_START', message);
  }
}

async function faultOf(file: string, own: number): Promise<{ what: string; remedy: string } | undefined> {
  const entry = await lstat(file);
  // A link's own permissions mean nothing, those of what it leads to do; one that leads nowhere is no code.
  const target = entry.isSymbolicLink() ? await stat(file).catch(() => undefined) : entry;
  for (const { uid } of target === undefined ? [entry] : [entry, target]) {
    if (uid !== 0 && uid !== own) return { what: `belongs to user ${uid}`, remedy: `chown -h root ${file}` };
  }
  if (target === undefined) return undefined;
  const { uid, gid, mode } = target;
  if (mode & OTHERS_WRITE) return { what: 'can be written by everybody', remedy: `chmod o-w ${file}` };
  // By useradd's convention a user has a group of their own with the same number, and a umask that lets it write.
  const isPrivate = uid !== 0 && gid === uid;
  if (mode & GROUP_WRITES && !isPrivate) return { what: `can be written by group ${gid}`, remedy: `chmod g-w ${file}` };
  return undefined;
}
