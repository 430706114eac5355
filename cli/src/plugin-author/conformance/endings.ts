import { sleep } from '@cloudsnooze/daemon/clock';
import { messageOf } from '@cloudsnooze/daemon/errors';
import type { TrialExit, TrialProcess } from '@cloudsnooze/daemon/plugins/trial';
import { type Asking, createAsking } from '../asking.ts';
import { ORDINARY } from '../samples.ts';
import { type Workbench, withTrial } from '../session.ts';
import type { Report } from './outcome.ts';

/** One way in which a plugin is ended; `act` does it, and may tell what is worth knowing. */
type Ending = {
  requirement: string;
  what: string;
  act: (held: Held) => Promise<string | null>;
  /** Whether it must end with exit code 0. */
  cleanly: boolean;
};

type Held = { asking: Asking; held: TrialProcess };

/** What it is just answering may take a second of it (P-37); the daemon waits a little longer. */
const LIMIT_MS = 3_000;

const ENDINGS: readonly Ending[] = [
  { requirement: 'P-36', what: 'ends after Shutdown', act: shutDown, cleanly: true },
  {
    requirement: 'P-37',
    what: 'ends when its input ends',
    act: async ({ held }) => doing(() => held.endInput()),
    cleanly: false,
  },
  {
    requirement: 'P-38',
    what: 'ends on SIGTERM',
    act: async ({ held }) => doing(() => held.terminate()),
    cleanly: false,
  },
  { requirement: 'P-39', what: 'ends when nobody reads its output', act: stopReading, cleanly: false },
];

/** Starts it anew for each way to end it, asks it once, and ends it that way. */
export async function endings(bench: Workbench, report: Report): Promise<void> {
  const left: string[] = [];
  let hasProcess = false;
  for (const { requirement, what, act, cleanly } of ENDINGS) {
    if (bench.signal.aborted) return;
    await withTrial(bench, 'off', async (trial) => {
      const { process } = trial;
      if (process === null) return report.notTried(requirement, what, 'it has no process of its own that lasts');
      hasProcess = true;
      const asking = createAsking(trial, bench.spec);
      try {
        await trial.initialize();
      } catch (error) {
        return report(requirement, what, `it did not start: ${messageOf(error)}`);
      }
      if (asking.capabilities.includes('check_idle')) await asking.check(ORDINARY[0]);
      const note = await act({ asking, held: process });
      const exit = await exitWithin(process, bench);
      if (exit === undefined) return report(requirement, what, `it was still there after ${LIMIT_MS / 1000} s`);
      left.push(...exit.leftBehind.map(({ name, pid }) => `after "${what}" it left ${name} (process ${pid})`));
      for (const { pid } of exit.leftBehind) killQuietly(pid);
      if (cleanly && note === null && exit.code !== 0) return report(requirement, what, wayOf(exit));
      return note === null ? report(requirement, what) : report.held(requirement, what, note);
    });
  }
  const what = 'leaves no process behind';
  if (hasProcess) report('P-45', what, left[0]);
  else report.notTried('P-45', what, 'it has no process of its own that lasts');
}

/** A plugin that has no `Shutdown` must end with its input; that is forgiven. */
async function shutDown({ asking, held }: Held): Promise<string | null> {
  const { kind } = await asking.call('Shutdown', { reason: 'a test' });
  if (kind !== 'error') return null;
  held.endInput();
  return 'it has no Shutdown, and ended with its input, which is forgiven';
}

async function stopReading({ asking, held }: Held): Promise<null> {
  held.endOutput();
  asking.isAlive().catch(() => {}); // so that it writes
  return null;
}

async function exitWithin({ exited }: TrialProcess, { clock }: Workbench): Promise<TrialExit | undefined> {
  const over = new AbortController();
  const gone = exited.then((exit) => {
    over.abort();
    return exit;
  });
  await sleep(clock, LIMIT_MS, over.signal);
  return over.signal.aborted ? await gone : undefined;
}

function wayOf({ code, signal }: TrialExit): string {
  return signal === null ? `its exit code was ${code}, not 0` : `it was ended by ${signal}`;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}

/** Does it; there is nothing to tell. */
function doing(act: () => void): null {
  act();
  return null;
}
