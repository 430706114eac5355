import { createAsking } from '../asking.ts';
import { ORDINARY } from '../samples.ts';
import { type Workbench, withTrial } from '../session.ts';
import type { Report } from './outcome.ts';

const WARM_UP_CALLS = 50;
const CALLS = 200;
/** As many again where memory has grown: what fills a cache or a heap once does not go on growing. */
const FURTHER_CALLS = 1000;
/** Fewer say nothing about a slope. */
const FEWEST_CALLS = 30;
const GROWTH_BYTES = 1024 * 1024;
/** What a heap grows by in steps, however few the calls. */
const LEAST_GROWTH_BYTES = 256 * 1024;
/** A plugin that takes its time is warmed up, and asked, as often as fits into this … */
const WARM_UP_MS = 3_000;
const LONGEST_MS = 15_000;
/** … and one that is slower than that, until it is known how it grows. */
const LONGEST_FOR_FEWEST_MS = 40_000;

/** Whether its memory stays flat over many checks. */
export async function memory(bench: Workbench, report: Report): Promise<void> {
  const what = `keeps its memory flat over ${CALLS} calls`;
  if (bench.signal.aborted) return;
  await withTrial(bench, 'off', async (trial) => {
    const rss = () => trial.process?.rssBytes() ?? null;
    if (rss() === null) return report.notTried('P-46', what, 'it has no process of its own whose memory could be read');
    await trial.initialize();
    const asking = createAsking(trial, bench.spec);
    const ask = async (calls: number, { fewest, longestMs }: { fewest: number; longestMs: number }) => {
      const startedMs = bench.clock.bootMs();
      const before = rss() ?? 0;
      let asked = 0;
      for (; asked < calls && !bench.signal.aborted; asked++) {
        const tookMs = bench.clock.bootMs() - startedMs;
        if (tookMs > (asked < fewest ? LONGEST_FOR_FEWEST_MS : longestMs)) break;
        const { metrics } = ORDINARY[asked % 2 === 0 ? 0 : 1];
        if (asking.capabilities.includes('check_idle')) await asking.check({ metrics });
        else await asking.isAlive();
      }
      return { asked, grown: (rss() ?? 0) - before };
    };
    const tooFew = (asked: number) =>
      report.notTried('P-46', what, `only ${asked} calls fit into ${LONGEST_FOR_FEWEST_MS / 1000} s, too few to tell`);
    const enough = { fewest: FEWEST_CALLS, longestMs: LONGEST_MS };
    await ask(WARM_UP_CALLS, { fewest: 0, longestMs: WARM_UP_MS });
    const { asked, grown } = await ask(CALLS, enough);
    if (bench.signal.aborted) return;
    if (asked < FEWEST_CALLS) return tooFew(asked);
    if (grown <= allowedOver(asked)) {
      if (asked === CALLS) return report('P-46', what);
      return report.held('P-46', what, `it was asked ${asked} times, for it takes its time`);
    }
    const { asked: further, grown: grownFurther } = await ask(FURTHER_CALLS, enough);
    if (further < FEWEST_CALLS) return tooFew(further);
    // A leak grows with the calls, as fast as before.
    const leaks = grownFurther > allowedOver(further) && grownFurther / further > grown / asked / 4;
    const story = `it grew by ${mebibytes(grown)}, and by ${mebibytes(grownFurther)} in the next ${further} calls`;
    return leaks ? report('P-46', what, story) : report.held('P-46', what, story);
  });
}

function allowedOver(calls: number): number {
  return Math.min(GROWTH_BYTES, Math.max(LEAST_GROWTH_BYTES, (GROWTH_BYTES * calls) / CALLS));
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
