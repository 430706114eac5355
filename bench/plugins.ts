import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CONTEXT, IDLE_PLUGIN, METRICS, withPlugins } from './plugin-host.ts';
import { quantile } from './process-cost.ts';

const WARM_UP = 300;
const ROUND_TRIPS = 3_000;
const ROUNDS = 50;

/** One `CheckIdle` through the whole plugin host, beside the same bytes over a bare pipe to the same program. */
export const roundTrip = async (say: (line: string) => void) => {
  const bare = await bareRoundTrips();
  const hosted = await withPlugins({ count: 1 }, (check) => measure(check));
  const micros = (times: readonly number[], share: number) => (quantile(times, share) * 1000).toFixed(0);
  say(`bare pipe to Python: p50 ${micros(bare, 0.5)} µs, p99 ${micros(bare, 0.99)} µs`);
  const ratio = quantile(hosted, 0.5) / quantile(bare, 0.5);
  say(
    `CheckIdle: p50 ${micros(hosted, 0.5)} µs, p99 ${micros(hosted, 0.99)} µs; p50 is ${ratio.toFixed(2)} times the bare pipe (goal: 1.5)`,
  );
};

/** One check round over many Python plugins, all asked at once. */
export const pluginRound = async (say: (line: string) => void) => {
  for (const count of [1, 10, 100]) {
    const times = await withPlugins({ count }, (check) => measure(check, { warmUp: 10, runs: ROUNDS }));
    const goal = count === 100 ? ' (goal: under 25 ms)' : '';
    say(
      `one round over ${count} Python plugins: median ${quantile(times, 0.5).toFixed(2)} ms, slowest of ${ROUNDS} ${Math.max(...times).toFixed(2)} ms${goal}`,
    );
  }
};

async function measure(call: () => Promise<unknown>, { warmUp = WARM_UP, runs = ROUND_TRIPS } = {}): Promise<number[]> {
  const times: number[] = [];
  for (let run = -warmUp; run < runs; run++) {
    const startedMs = performance.now();
    await call();
    if (run >= 0) times.push(performance.now() - startedMs);
  }
  return times;
}

async function bareRoundTrips(): Promise<number[]> {
  const child = spawn('python3', ['-c', IDLE_PLUGIN], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  let id = 0;
  const times = await measure(async () => {
    id += 1;
    child.stdin.write(
      `${JSON.stringify({ jsonrpc: '2.0', id, method: 'CheckIdle', params: { metrics: METRICS, context: CONTEXT } })}\n`,
    );
    await once(lines, 'line');
  });
  child.stdin.end();
  await once(child, 'exit');
  return times;
}
