import { readFileSync } from 'node:fs';
import { systemClock } from '../daemon/src/clock.ts';
import { runCommand } from '../daemon/src/command.ts';
import { checkConfig } from '../daemon/src/config/load.ts';
import { enabledMonitors } from '../daemon/src/config/thresholds.ts';
import { openHostFiles } from '../daemon/src/monitors/host-files.ts';
import { MONITORS } from '../daemon/src/monitors/registry.ts';
import { createSampler } from '../daemon/src/monitors/sampler.ts';

const WARM_UP = 2_000;
const SAMPLES = 10_000;

/**
 * CPU time and forks of one sample, all monitors and their parsing, in a tight loop. The clock goes on by one check
 * interval for each, so that what is remembered between two samples is remembered no longer than in the daemon.
 */
export const sampling = async (say: (line: string) => void) => {
  const options = { file: 'defaults', fileRequired: false, environment: {}, flags: {} };
  const { config } = checkConfig(undefined, options);
  const intervalMs = config.check_interval_seconds * 1000;
  let taken = 0;
  const clock = { ...systemClock, bootMs: () => systemClock.bootMs() + taken * intervalMs };
  const host = {
    files: openHostFiles(),
    clock,
    run: runCommand,
    platform: process.platform,
    programPath: process.env['PATH'] ?? '',
    checkIntervalMs: () => intervalMs,
  };
  const sampler = createSampler(host, () => enabledMonitors(MONITORS, config));
  const sample = () => {
    taken++;
    return sampler.sample();
  };
  for (let index = 0; index < WARM_UP; index++) await sample();
  const forksBefore = forksOfHost();
  const before = process.cpuUsage();
  for (let index = 0; index < SAMPLES; index++) await sample();
  const { user, system } = process.cpuUsage(before);
  const forks = forksOfHost() - forksBefore;
  const { readings } = await sample();
  sampler.close();
  const terminals = host.files.listDev('pts').length - 1;
  say(
    `one sample of ${Object.keys(readings).length} monitors: ${((user + system) / SAMPLES).toFixed(1)} µs of CPU ` +
      `(goal: under 150 µs; ${terminals} pseudo-terminals; GPU ${readings['gpu']?.status})`,
  );
  say(
    `forks per sample: ${(forks / SAMPLES).toFixed(4)} (whole host: ${forks} in ${SAMPLES} samples; goal: 0 without GPUs)`,
  );
};

/** Processes and threads the host has made since it booted. */
function forksOfHost(): number {
  return Number(/^processes (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
}
