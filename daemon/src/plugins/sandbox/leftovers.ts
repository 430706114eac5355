import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemCodeOf } from '../../errors.ts';
import { signalEach } from './processes.ts';

/** In the environment of all that a plugin starts, where neither a namespace nor a control group holds it together. */
const MARK = 'SNOOZE_RUN';
/** Every run of this daemon begins with this: its guardian looks for it. */
export const DAEMON_MARK = `${MARK}=${randomUUID()}`;
/** Of looks at /proc; each finds what has been started since the one before it. */
const MOST_LOOKS = 200;
/** So many looks that find none, and nothing that has gone before it was looked at, are the end. */
const LOOKS_AT_NONE = 3;
/** So many processes are looked at in one turn, a tenth of a millisecond each at most. */
const AT_A_TIME = 100;
let runs = 0;

/** A name for one run of a plugin, as an entry of its environment. */
export function nextRun(): { name: string; value: string } {
  runs += 1;
  return { name: MARK, value: `${DAEMON_MARK.slice(MARK.length + 1)}.${runs}` };
}

/**
 * Kills what a run has left behind in other process groups and sessions, as long as it has kept its environment. All are
 * stopped first, until no new one is found: what forks faster than it is killed would never end.
 */
export async function killRun({ name, value }: { name: string; value: string }): Promise<void> {
  const known = new Set<number>();
  const stopped: number[] = [];
  let looksAtNone = 0;
  for (let look = 0; look < MOST_LOOKS && looksAtNone < LOOKS_AT_NONE; look++) {
    looksAtNone += 1;
    const fresh = processIds().filter((pid) => !known.has(pid));
    for (let from = 0; from < fresh.length; from += AT_A_TIME) {
      if (from > 0) await nextTurn();
      for (const pid of fresh.slice(from, from + AT_A_TIME)) {
        known.add(pid);
        const found = lookAt(pid, `${name}=${value}`);
        // who has gone may have left another one in its place
        if (found !== 'other') looksAtNone = 0;
        if (found !== 'marked') continue;
        signalEach([pid], 'SIGSTOP');
        stopped.push(pid);
      }
    }
    await nextTurn();
  }
  signalEach(stopped, 'SIGKILL');
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Whether the environment of a process has that entry; one that has ended has none, be it a zombie. */
function lookAt(pid: number, entry: string): 'marked' | 'other' | 'gone' {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    if (environment === '') return 'gone';
    return environment.split('\0').includes(entry) ? 'marked' : 'other';
  } catch (error) {
    return systemCodeOf(error) === 'EACCES' ? 'other' : 'gone'; // another user's
  }
}
