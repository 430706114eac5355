import { readFileSync } from 'node:fs';
import { systemClock } from '../daemon/src/clock.ts';
import { runCommand } from '../daemon/src/command.ts';
import { openHostFiles } from '../daemon/src/monitors/host-files.ts';
import { MONITORS } from '../daemon/src/monitors/registry.ts';
import { createSampler } from '../daemon/src/monitors/sampler.ts';

const WARM_UP = 2_000;
const SAMPLES = 10_000;

/** CPU time and forks of one sample, all monitors and their parsing, in a tight loop. */
export const sampling = async (say: (line: string) => void) => {
  const files = openHostFiles({});
  const sampler = createSampler({ files, clock: systemClock, run: runCommand, platform: process.platform }, MONITORS);
  for (let index = 0; index < WARM_UP; index++) await sampler.sample();
  const forksBefore = forksOfHost();
  const before = process.cpuUsage();
  for (let index = 0; index < SAMPLES; index++) await sampler.sample();
  const { user, system } = process.cpuUsage(before);
  const forks = forksOfHost() - forksBefore;
  sampler.close();
  say(
    `one sample of ${MONITORS.length} monitors: ${((user + system) / SAMPLES).toFixed(1)} µs of CPU (goal: under 150 µs)`,
  );
  say(
    `forks per sample: ${(forks / SAMPLES).toFixed(4)} (whole host: ${forks} in ${SAMPLES} samples; goal: 0 without GPUs)`,
  );
};

/** Processes and threads the host has made since it booted. */
function forksOfHost(): number {
  return Number(/^processes (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
}
