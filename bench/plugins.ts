import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../daemon/src/clock.ts';
import { loadConfig } from '../daemon/src/config/load.ts';
import type { CheckContext, PluginHost, PluginMetrics } from '../daemon/src/plugins/host.ts';
import { createPluginHost } from '../daemon/src/plugins/manager.ts';
import type { SandboxPolicy } from '../daemon/src/plugins/sandbox/confine.ts';
import { quantile } from './process-cost.ts';

const PLUGIN = `import json, sys
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], "result": {"is_idle": True, "reason": "idle"}}), flush=True)
`;
const METRICS: PluginMetrics = {
  timestamp: 0,
  cpu_usage: 1,
  memory_usage: 1,
  network_traffic: 1,
  disk_io: 1,
  gpu_usage: null,
  input_idle_seconds: 1,
  load_1m: 1,
  idle_seconds: 1,
  gpus: [],
};
const CONTEXT: CheckContext = { check_interval_seconds: 60, naptime_seconds: 1800, state: 'active' };
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

/** Uses a plugin host with plugins that are idle; each check is a round over them all. @throws Error where one is not. */
export async function withPlugins<T>(
  { count, program, sandbox = 'auto' }: { count: number; program?: string; sandbox?: SandboxPolicy },
  use: (check: () => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'snooze-bench-'));
  const { config } = loadConfig({ file: join(directory, 'none'), fileRequired: false, environment: {}, flags: {} });
  config.plugins.sandbox = sandbox;
  for (let index = 0; index < count; index++) {
    const name = `bench-${index}`;
    mkdirSync(join(directory, name));
    const manifest = {
      name,
      version: '1.0.0',
      type: 'external',
      exec: program === undefined ? { command: 'python3', args: ['plugin'] } : { command: './plugin' },
      timeouts: { start_seconds: 60, check_seconds: 30 },
    };
    writeFileSync(join(directory, name, 'plugin.json'), JSON.stringify(manifest));
    writeFileSync(join(directory, name, 'plugin'), program ?? PLUGIN, { mode: 0o755 });
    config.plugins.plugin_configs[name] = {};
  }
  const silent = () => {};
  const host: PluginHost = createPluginHost({
    config: () => config,
    searchPath: () => [directory],
    stateDirectory: join(directory, 'state'),
    environment: process.env,
    clock: systemClock,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    history: { add: silent, list: () => [] },
    onChange: silent,
  });
  try {
    await host.start();
    const { signal } = new AbortController();
    return await use(async () => {
      const answers = await host.checkAll(METRICS, CONTEXT, { waitMs: 60_000, signal });
      if (answers.some(({ verdict }) => verdict !== 'idle'))
        throw new Error(`a plugin of the bench says ${answers.find(({ verdict }) => verdict !== 'idle')?.reason}`);
    });
  } finally {
    await host.stop('the bench is over', 5_000);
    rmSync(directory, { recursive: true, force: true });
  }
}

async function bareRoundTrips(): Promise<number[]> {
  const child = spawn('python3', ['-c', PLUGIN], { stdio: ['pipe', 'pipe', 'inherit'] });
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
