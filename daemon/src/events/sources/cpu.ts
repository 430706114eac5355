import { availableParallelism } from 'node:os';
import { type Condition, conditionOrUnknown, measured, watchConditions } from './conditions.ts';
import { levelOver } from './hysteresis.ts';
import { defineSource } from './source.ts';

/** It is over at so much less than what began it. */
const CLEAR_FACTOR = 0.85;

/** A CPU, or a load, that is high for long. */
export const cpu = defineSource({
  name: 'cpu',
  title: 'busy CPU',
  applies({ config }) {
    const { enabled, percent, load_per_cpu: load } = config().sources.cpu;
    return enabled && (percent !== null || load !== null);
  },
  watch(context) {
    const settings = () => context.config().sources.cpu;
    return watchConditions(context, {
      name: 'cpu',
      type: 'system.cpu.high',
      holdSeconds: () => settings().hold_seconds,
      isWanted: () => cpu.applies(context),
      look(sample) {
        const { percent, load_per_cpu: perCpu } = settings();
        return [
          ...(percent === null ? [] : [conditionOrUnknown('cpu', () => cpuOf(measured(sample, 'cpu'), percent))]),
          ...(perCpu === null
            ? []
            : [conditionOrUnknown('load', () => loadOf(measured(sample, 'load'), perCpu, availableParallelism()))]),
        ];
      },
    });
  },
});

function cpuOf(percent: number, bad: number): Condition {
  return {
    key: 'cpu',
    level: levelOver(percent, { bad, good: bad * CLEAR_FACTOR }),
    message: `the CPU is at ${percent.toFixed(0)} %`,
    data: { cpu_percent: Math.round(percent * 10) / 10 },
  };
}

/** How a load stands to its threshold for each CPU. Pure. */
export function loadOf(load: number, perCpu: number, cpus: number): Condition {
  const bad = perCpu * cpus;
  return {
    key: 'load',
    level: levelOver(load, { bad, good: bad * CLEAR_FACTOR }),
    message: `the 1-minute load is ${load} on ${cpus} CPUs`,
    data: { load_1m: load, cpus },
  };
}
