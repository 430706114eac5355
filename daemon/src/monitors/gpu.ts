import { amdCards, readAmd } from './amd.ts';
import { defineMonitor, type Gpu, type Reading } from './monitor.ts';
import { askNvidia, hasNvidia } from './nvidia.ts';

/** A driver or `nvidia-smi` that comes later is noticed within so long. */
const LOOK_AGAIN_MS = 10 * 60_000;
/** Two rounds of one interval can lie this much closer than the interval. */
const SLACK_MS = 50;

/** The busiest GPU of the host. */
export const gpu = defineMonitor({
  name: 'gpu',
  title: 'busiest GPU',
  unit: '%',
  idleWhen: 'below',
  open(host) {
    const { files, clock } = host;
    let found = { nvidia: false, amd: [] as string[], bootMs: Number.NEGATIVE_INFINITY };
    let asked: { bootMs: number; gpus: Promise<Gpu[]> } | undefined;

    // the same answer, good or bad, for a whole interval: a process for each look would cost more than all the rest
    const nvidia = (bootMs: number, signal: AbortSignal) => {
      if (asked === undefined || bootMs - asked.bootMs >= host.checkIntervalMs() - SLACK_MS)
        asked = { bootMs, gpus: askNvidia(host, signal) };
      return asked.gpus;
    };
    return {
      sample(signal) {
        const bootMs = clock.bootMs();
        if (bootMs - found.bootMs >= LOOK_AGAIN_MS)
          // what was there and is gone may be on its way to the next version: that is unknown, not absent
          found = { nvidia: found.nvidia || hasNvidia(host), amd: amdCards(files), bootMs };
        const readAmdCards = (first: number) => found.amd.map((card, index) => readAmd(files, card, first + index));
        if (found.nvidia)
          return nvidia(bootMs, signal).then((gpus) => busiest([...gpus, ...readAmdCards(gpus.length)]));
        if (found.amd.length > 0) return busiest(readAmdCards(0));
        return { status: 'absent', reason: 'the host has no GPU that tells its use' };
      },
    };
  },
});

function busiest(gpus: readonly Gpu[]): Reading {
  const detail = gpus.length === 1 ? gpus.map(({ id, name }) => `${id} ${name}`) : gpus.map(partOf);
  return {
    status: 'measured',
    value: Math.max(...gpus.map(({ percent }) => percent)),
    detail: detail.join(', '),
    gpus,
  };
}

function partOf({ id, percent }: Gpu): string {
  return `${id} ${percent} %`;
}
