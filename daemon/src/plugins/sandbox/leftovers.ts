import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { isRunning, signalEach } from './processes.ts';

/** In the environment of all that a plugin starts, where neither a namespace nor a control group holds it together. */
const MARK = 'SNOOZE_RUN';
/** Every run of this daemon begins with this: its guardian looks for it. */
export const DAEMON_MARK = `${MARK}=${randomUUID()}`;
const PASSES = 5;
let runs = 0;

/** A name for one run of a plugin, as an entry of its environment. */
export function nextRun(): { name: string; value: string } {
  runs += 1;
  return { name: MARK, value: `${DAEMON_MARK.slice(MARK.length + 1)}.${runs}` };
}

/** Kills what a run has left behind in other process groups and sessions, as long as it has kept its environment. */
export async function killRun({ name, value }: { name: string; value: string }): Promise<void> {
  for (let pass = 0; pass < PASSES; pass++) {
    const left = await processesWith(`${name}=${value}`);
    if (left.length === 0) return;
    signalEach(left, 'SIGKILL');
  }
}

async function processesWith(entry: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        return (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').includes(entry) && isRunning(pid);
      } catch {
        return false; // it ended, or it is another user's
      }
    }),
  );
  return pids.filter((_, index) => found[index]);
}
