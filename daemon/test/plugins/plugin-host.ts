import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { SnoozeEvent } from '../../src/events/event.ts';
import type { Log } from '../../src/log.ts';
import type { CheckContext, PluginHost, PluginMetrics } from '../../src/plugins/host.ts';
import { createPluginHost } from '../../src/plugins/manager.ts';
import type { Counterparts } from '../../src/plugins/services/counter.ts';
import type { HistoryEntry } from '../../src/store/store.ts';
import { writePlugin } from '../support/daemon-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export const METRICS: PluginMetrics = {
  timestamp: 1,
  cpu_usage: 1.5,
  memory_usage: 20,
  network_traffic: 0,
  disk_io: 0,
  gpu_usage: null,
  input_idle_seconds: 1000,
  load_1m: 0,
  idle_seconds: 0,
  gpus: [],
};
export const CONTEXT: CheckContext = { check_interval_seconds: 60, naptime_seconds: 1800, state: 'active' };

/** A notice without a deadline. */
export const SPOT_EVENT: SnoozeEvent = {
  id: 'e',
  type: 'cloud.spot.interrupt',
  source: 'test',
  timestamp: '',
  data: {},
  severity: 3,
  deadline: null,
};

/** A plugin of a test: its manifest, its files, and what the configuration says of it. */
export type TestPlugin = {
  manifest: { name: string; [key: string]: unknown };
  files?: Record<string, string>;
  config?: Record<string, unknown>;
};

export type TestHost = {
  host: PluginHost;
  directory: string;
  config: Config;
  /** Lines of the log: level, plugin, message. */
  lines: { level: string; plugin: unknown; message: string }[];
  history: Pick<HistoryEntry, 'kind' | 'cause' | 'summary'>[];
  check: () => ReturnType<PluginHost['checkAll']>;
};

/** A plugin host with real plugins in a folder of its own, started. */
export async function startHost(
  t: TestContext,
  plugins: readonly TestPlugin[],
  { clock = systemClock, services }: { clock?: Clock; services?: Counterparts } = {},
): Promise<TestHost> {
  const directory = temporaryDirectory(t);
  const { config } = loadConfig({ file: join(directory, 'none'), fileRequired: false, environment: {}, flags: {} });
  for (const { manifest, files = {}, config: own = {} } of plugins) {
    writePlugin(directory, manifest, files);
    config.plugins.plugin_configs[manifest.name] = own;
  }
  const lines: TestHost['lines'] = [];
  const history: TestHost['history'] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, plugin: (fields as { plugin?: unknown }).plugin, message });
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const host = createPluginHost({
    config: () => config,
    searchPath: () => [directory],
    stateDirectory: join(directory, 'state'),
    environment: process.env,
    clock,
    ...(services && { services }),
    log,
    history: { add: (entry) => void history.push(entry), list: () => [] },
  });
  t.after(() => host.stop('the test is over', 400));
  await host.start();
  return {
    host,
    directory,
    config,
    lines,
    history,
    check: () => host.checkAll(METRICS, CONTEXT, { waitMs: 60_000, signal: new AbortController().signal }),
  };
}

/** A shell plugin that answers every request with what `answers` prints for `$method` and `$id`. */
export function shellPlugin(name: string, answers: string, manifest: Record<string, unknown> = {}): TestPlugin {
  const script = `#!/bin/sh
while read -r line; do
  id=\${line#*'"id":'}; id=\${id%%[!0-9]*}
  method=\${line#*'"method":"'}; method=\${method%%'"'*}
  ${answers}
done
`;
  return { manifest: { name, exec: { command: './run.sh' }, ...manifest }, files: { 'run.sh': script } };
}

/** A shell plugin that is idle, and answers nothing else. */
export const idlePlugin = (name: string): TestPlugin =>
  shellPlugin(name, `echo '{"id":'$id',"result":{"is_idle":true,"reason":"nothing to do"}}'`);
