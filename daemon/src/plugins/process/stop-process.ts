import { type Clock, sleep } from '../../clock.ts';

export type StopOptions = {
  /** The process, and its group. */
  pid: number;
  /** What it may take in all; a quarter of it is kept for after SIGTERM. */
  graceMs: number;
  clock: Clock;
  /** Sends SIGTERM to what is the plugin's own. */
  terminate: () => void;
  exited: Promise<unknown>;
  /** Asks it in its own words, for at most so long, and closes its standard input. */
  askToEnd: (timeoutMs: number) => Promise<void>;
};

/** Ends a process as PROTOCOL.md says: asked, stdin closed, SIGTERM, SIGKILL; gone means exit. */
export async function stopProcess({ pid, graceMs, clock, terminate, exited, askToEnd }: StopOptions): Promise<void> {
  const over = new AbortController();
  const gone = exited.then(() => over.abort());
  const politeMs = graceMs * 0.75;
  const startedMs = clock.bootMs();
  await askToEnd(politeMs / 2);
  await sleep(clock, politeMs - (clock.bootMs() - startedMs), over.signal);
  if (!over.signal.aborted) {
    terminate();
    await sleep(clock, graceMs - politeMs, over.signal);
  }
  if (!over.signal.aborted) signalGroup(pid, 'SIGKILL');
  await gone;
}

/** Sends a signal to a whole process group; one that is gone is no error. */
export function signalGroup(processGroup: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-processGroup, signal);
  } catch {
    // ESRCH: nobody is left in it
  }
}
