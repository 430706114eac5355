import { type Workbench, withTrial } from '../session.ts';
import { endings } from './endings.ts';
import { memory } from './memory.ts';
import { orphan } from './orphan.ts';
import type { Report } from './outcome.ts';
import { STARTS, talk } from './talk.ts';

/** What goes on, for whoever watches: the beginning of a part, in words. */
type Watch = (what: string) => void;

/**
 * Tries everything about a plugin that the protocol asks for: first what it answers, in the sandbox as the daemon has
 * it, then how it ends and what it keeps, with nothing around it that would end it in its place.
 */
export async function checkConformance(bench: Workbench, report: Report, watch: Watch): Promise<void> {
  const strays: string[] = [];
  const unasked: string[] = [];
  let cameLate = false;
  const listening: Workbench = {
    ...bench,
    onStray(what, kind) {
      bench.onStray(what, kind);
      if (kind === 'junk' || kind === 'too-large') strays.push(what);
      if (kind === 'unknown-answer') unasked.push(what);
      if (kind === 'late-answer') cameLate = true;
    },
  };
  const failure = await withTrial(listening, 'auto', (trial) => talk(trial, listening, { report, watch }));
  if (failure === null) await livesAndEnds(listening, report, watch);
  else report('P-33', STARTS, cameLate ? `${failure}, only when its input ended: does it flush each line?` : failure);
  report('P-34', 'keeps its standard output clean', strays[0]);
  if (failure !== null) return;
  report(
    'P-07',
    'answers what it is asked, once',
    unasked.find((what) => !isWithoutId(what)),
  );
  report('P-08', 'answers no notification', unasked.find(isWithoutId));
}

async function livesAndEnds(bench: Workbench, report: Report, watch: Watch): Promise<void> {
  const quiet: Workbench = { ...bench, onExchange() {}, onLog() {} };
  watch('how it ends');
  const endsAndKeeps = async () => {
    await endings(quiet, report);
    watch('what it keeps');
    await memory(quiet, report);
  };
  // beside the others, for it waits
  const [tellOrphan] = await Promise.all([orphan(quiet), endsAndKeeps()]);
  if (!bench.signal.aborted) tellOrphan(report);
}

/** An answer to a notification, which has no id to answer to. */
function isWithoutId(what: string): boolean {
  return what.includes(': id null');
}
