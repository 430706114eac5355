import type { Clock } from '@cloudsnooze/daemon/clock';
import { runCommand } from '@cloudsnooze/daemon/command';
import { openHostFiles } from '@cloudsnooze/daemon/monitors/host-files';
import { pluginMetrics } from '@cloudsnooze/daemon/monitors/metrics';
import { MONITORS } from '@cloudsnooze/daemon/monitors/registry';
import { createSampler } from '@cloudsnooze/daemon/monitors/sampler';
import type { PluginMetrics } from '@cloudsnooze/daemon/plugins/host';

/** This host's metrics now, as the daemon would measure them for a plugin. */
export type LiveMetrics = { read(): Promise<PluginMetrics>; close(): void };

export function openLiveMetrics(
  clock: Clock,
  environment: Readonly<Record<string, string | undefined>>,
  intervalMs: number,
): LiveMetrics {
  const sampler = createSampler(
    {
      files: openHostFiles(),
      clock,
      run: runCommand,
      platform: process.platform,
      programPath: environment['PATH'] ?? '',
      checkIntervalMs: () => intervalMs,
    },
    () => MONITORS,
  );
  return {
    // How long the host has been idle is the daemon's to count.
    read: async () => pluginMetrics(await sampler.sample(), 0),
    close: () => sampler.close(),
  };
}
