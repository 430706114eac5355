import { startDaemon } from './daemon.ts';
import type { Bench } from './main.ts';
import { quantile } from './process-cost.ts';

const RUNS = 9;

/** From spawn to READY, the first start (empty compile cache where there is one) left out. */
export const start: Bench = async (forms, say) => {
  for (const form of forms) {
    const times: number[] = [];
    for (let run = 0; run <= RUNS; run++) {
      const daemon = await startDaemon(form, {});
      await daemon.stop();
      if (run > 0) times.push(daemon.readyMs);
    }
    const goal = form.name === 'bundle' ? ' (goal: under 250 ms)' : '';
    say(
      `start to READY, ${form.name}: median ${quantile(times, 0.5).toFixed(0)} ms, slowest of ${RUNS} ${Math.max(...times).toFixed(0)} ms${goal}`,
    );
  }
};
