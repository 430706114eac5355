import { type Workbench, withTrial } from '../session.ts';
import { endings } from './endings.ts';
import { memory } from './memory.ts';
import { orphan } from './orphan.ts';
import type { Report } from './outcome.ts';
import { talk } from './talk.ts';

/** What goes on, for whoever watches: the beginning of a part, in words. */
type Watch = (what: string) => void;

/**
 * Tries everything about a plugin that the protocol asks for: first what it answers, in the sandbox as the daemon has
 * it, then how it ends and what it keeps, with nothing around it that would end it in its place.
 */
export async function checkConformance(bench: Workbench, report: Report, watch: Watch): Promise<void> {
  const strays: string[] = [];
  const unasked: string[] = [];
  const listening: Workbench = {
    ...bench,
    onStray(what, kind) {
      bench.onStray(what, kind);
      if (kind === 'junk' || kind === 'too-large') strays.push(what);
      if (kind === 'unknown-answer') unasked.push(what);
    },
  };
  const answers = await withTrial(listening, 'auto', (trial) => talk(trial, listening, { report, watch }));
  if (answers) await livesAndEnds(listening, report, watch);
  report('P-34', 'keeps its standard output clean', strays[0]);
  if (!answers) return;
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
  await endings(quiet, report);
  if (!bench.signal.aborted) await orphan(quiet, report);
  watch('what it keeps');
  await memory(quiet, report);
}

/** An answer to a notification, which has no id to answer to. */
function isWithoutId(what: string): boolean {
  return what.includes(': id null');
}
