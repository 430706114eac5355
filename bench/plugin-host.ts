import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../daemon/src/clock.ts';
import { loadConfig } from '../daemon/src/config/load.ts';
import type { CheckContext, PluginHost, PluginMetrics } from '../daemon/src/plugins/host.ts';
import { createPluginHost } from '../daemon/src/plugins/manager.ts';
import type { SandboxPolicy } from '../daemon/src/plugins/sandbox/confine.ts';

/** A plugin in Python that says idle and does nothing else. */
export const IDLE_PLUGIN = `import json, sys
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], "result": {"is_idle": True, "reason": "idle"}}), flush=True)
`;
export const METRICS: PluginMetrics = {
  timestamp: 0,
  cpu_usage: 1,
  memory_usage: 1,
  network_traffic: 1,
  disk_io: 1,
  gpu_usage: null,
  input_idle_seconds: 1,
  load_1m: 0,
  idle_seconds: 1,
  gpus: [],
};
export const CONTEXT: CheckContext = {
  check_interval_seconds: 60,
  naptime_seconds: 1800,
  state: 'active',
};

export type Check = () => Promise<unknown>;

/** Uses a plugin host with plugins that are idle; each check is a round over them all. @throws Error where one is not. */
export async function withPlugins<T>(
  { count, program, sandbox = 'auto' }: { count: number; program?: string; sandbox?: SandboxPolicy },
  use: (check: Check, host: PluginHost) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'snooze-bench-'));
  const names = Array.from({ length: count }, (_, index) => `bench-${index}`);
  for (const name of names) {
    mkdirSync(join(directory, name));
    const manifest = {
      name,
      version: '1.0.0',
      type: 'external',
      exec: program === undefined ? { command: 'python3', args: ['plugin'] } : { command: './plugin' },
      timeouts: { start_seconds: 60, check_seconds: 30 },
    };
    writeFileSync(join(directory, name, 'plugin.json'), JSON.stringify(manifest));
    writeFileSync(join(directory, name, 'plugin'), program ?? IDLE_PLUGIN, { mode: 0o755 });
  }
  try {
    return await withHost({ directory, configs: Object.fromEntries(names.map((name) => [name, {}])), sandbox }, use);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Uses a plugin host with those plugins of a folder that `configs` names. @throws Error where one is not idle. */
export async function withHost<T>(
  {
    directory,
    configs,
    sandbox = 'auto',
  }: { directory: string; configs: Record<string, object>; sandbox?: SandboxPolicy },
  use: (check: Check, host: PluginHost) => Promise<T>,
): Promise<T> {
  const { config } = loadConfig({ file: join(directory, 'none'), fileRequired: false, environment: {}, flags: {} });
  config.plugins.sandbox = sandbox;
  Object.assign(config.plugins.plugin_configs, configs);
  const stateDirectory = mkdtempSync(join(tmpdir(), 'snooze-bench-'));
  const silent = () => {};
  const host: PluginHost = createPluginHost({
    config: () => config,
    searchPath: () => [directory],
    stateDirectory,
    environment: process.env,
    clock: systemClock,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    history: { add: silent, list: () => [] },
  });
  try {
    await host.start();
    const { signal } = new AbortController();
    const check = async () => {
      const answers = await host.checkAll(METRICS, CONTEXT, { waitMs: 60_000, signal });
      if (answers.some(({ verdict }) => verdict !== 'idle'))
        throw new Error(`a plugin of the bench says ${answers.find(({ verdict }) => verdict !== 'idle')?.reason}`);
    };
    return await use(check, host);
  } finally {
    await host.stop('the bench is over', 5_000);
    rmSync(stateDirectory, { recursive: true, force: true });
  }
}
