import { createAsking } from '../asking.ts';
import { ORDINARY } from '../samples.ts';
import { type Workbench, withTrial } from '../session.ts';
import type { Report } from './outcome.ts';

const WARM_UP_CALLS = 50;
const CALLS = 200;
/** As many again where memory has grown: what fills a cache or a heap once does not go on growing. */
const FURTHER_CALLS = 1000;
const GROWTH_BYTES = 1024 * 1024;
/** A plugin that takes its time is asked as often as fits into this. */
const LONGEST_MS = 15_000;

/** Whether its memory stays flat over many checks. */
export async function memory(bench: Workbench, report: Report): Promise<void> {
  const what = `keeps its memory flat over ${CALLS} calls`;
  if (bench.signal.aborted) return;
  await withTrial(bench, 'off', async (trial) => {
    const rss = () => trial.process?.rssBytes() ?? null;
    if (rss() === null) return report.notTried('P-46', what, 'it has no process of its own whose memory could be read');
    await trial.initialize();
    const asking = createAsking(trial, bench.spec);
    const startedMs = bench.clock.bootMs();
    const ask = async (calls: number): Promise<number> => {
      for (let call = 0; call < calls; call++) {
        if (bench.clock.bootMs() - startedMs > LONGEST_MS || bench.signal.aborted) return call;
        const { metrics } = ORDINARY[call % 2 === 0 ? 0 : 1];
        if (asking.capabilities.includes('check_idle')) await asking.check({ metrics });
        else await asking.isAlive();
      }
      return calls;
    };
    await ask(WARM_UP_CALLS);
    const before = rss() ?? 0;
    const asked = await ask(CALLS);
    const grown = (rss() ?? 0) - before;
    if (asked < CALLS) return report.held('P-46', what, `only ${asked} calls fit into ${LONGEST_MS / 1000} s`);
    if (grown <= GROWTH_BYTES) return report('P-46', what);
    const middle = rss() ?? 0;
    const further = await ask(FURTHER_CALLS);
    const grownFurther = (rss() ?? 0) - middle;
    // A leak grows with the calls, as fast as before.
    const leaks = grownFurther > GROWTH_BYTES && grownFurther / further > grown / CALLS / 4;
    const story = `it grew by ${mebibytes(grown)}, and by ${mebibytes(grownFurther)} in the next ${further} calls`;
    return leaks ? report('P-46', what, story) : report.held('P-46', what, story);
  });
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
