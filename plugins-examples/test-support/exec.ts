import { spawnSync } from 'node:child_process';
import { variablesOf } from '../../daemon/src/plugins/runners/exit-code.ts';
import { QUIET_METRICS } from './host.ts';
import { readManifest } from './talk.ts';

/** Runs a plugin of the process model `exec` once, as the daemon would: 0 is idle, 1 is busy. */
export function runOnce(directory: string, config: Record<string, unknown>, env: Record<string, string> = {}) {
  const { exec, config_schema: schema } = readManifest(directory);
  const { properties = {} } = (schema ?? {}) as { properties?: Record<string, { default?: unknown }> };
  const defaults = Object.fromEntries(Object.entries(properties).map(([key, field]) => [key, field.default]));
  const params = { metrics: QUIET_METRICS };
  const { status, stdout, stderr } = spawnSync(exec?.command ?? '', exec?.args ?? [], {
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      ...variablesOf({ method: 'CheckIdle', params, config: { ...defaults, ...config } }),
      ...env,
    },
    encoding: 'utf8',
  });
  return { code: status, reason: stdout.trim(), stderr };
}
