import { type Condition, conditionOrUnknown, watchConditions } from './conditions.ts';
import { type Level, levelOver, worst } from './hysteresis.ts';
import { defineSource, type SourceContext } from './source.ts';

/** It is over at half of what began it. */
const CLEAR_FACTOR = 0.5;

/** Memory pressure (PSI) and processes that the kernel ended for want of memory. */
export const memory = defineSource({
  name: 'memory',
  title: 'memory pressure',
  applies: ({ config }) => config().sources.memory.enabled,
  watch(context) {
    let kills: number | undefined;
    return watchConditions(context, {
      name: 'memory',
      type: 'system.memory.pressure',
      holdSeconds: () => context.config().sources.memory.hold_seconds,
      isWanted: () => context.config().sources.memory.enabled,
      look() {
        const before = kills;
        kills = context.config().sources.memory.oom_kills ? parseOomKills(context.files.proc('vmstat')) : undefined;
        return [...pressure(context), ...oomKills(before ?? kills, kills)];
      },
    });
  },
});

function pressure(context: SourceContext): Condition[] {
  const { some_percent: someBad, full_percent: fullBad } = context.config().sources.memory;
  if (someBad === null && fullBad === null) return [];
  const over = (value: number, bad: number | null): Level[] =>
    bad === null ? [] : [levelOver(value, { bad, good: bad * CLEAR_FACTOR })];
  const key = 'pressure';
  const look = (): Condition => {
    const { some, full } = parsePressure(context.files.proc('pressure/memory'));
    return {
      key,
      level: worst([...over(some, someBad), ...over(full, fullBad)]),
      message: `for ${some} % of the last minute some task waited for memory, for ${full} % all did`,
      data: { some_percent: some, full_percent: full },
    };
  };
  return [conditionOrUnknown(key, look)];
}

function oomKills(before: number | undefined, now: number | undefined): Condition[] {
  if (before === undefined || now === undefined) return [];
  const killed = now - before;
  const message = killed > 0 ? `the kernel has ended ${killed} of its processes for want of memory` : 'none was ended';
  const level = killed > 0 ? 'bad' : 'good';
  return [{ key: 'oom-kills', level, isMoment: true, message, data: { oom_kills: Math.max(0, killed) } }];
}

/**
 * The shares of the last minute in percent, of /proc/pressure/memory (the kernel's accounting/psi). Pure.
 * @throws Error where it is anything else.
 */
export function parsePressure(text: string): { some: number; full: number } {
  const share = (kind: string) => {
    const found = new RegExp(`^${kind} avg10=[\\d.]+ avg60=([\\d.]+) `, 'm').exec(text)?.[1];
    if (found === undefined) throw new Error(`/proc/pressure/memory has no line for "${kind}"`);
    return Number(found);
  };
  return { some: share('some'), full: share('full') };
}

/**
 * How many processes were ended for want of memory since boot: `oom_kill` of /proc/vmstat. Pure.
 * @throws Error where there is no such line.
 */
export function parseOomKills(text: string): number {
  const found = /^oom_kill (\d+)$/m.exec(text)?.[1];
  if (found === undefined) throw new Error('/proc/vmstat has no line for "oom_kill"');
  return Number(found);
}
