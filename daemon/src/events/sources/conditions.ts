import { rfc3339 } from '../../clock.ts';
import { describeError } from '../../errors.ts';
import type { Sample } from '../../monitors/monitor.ts';
import type { EventRecord } from '../event.ts';
import { createHysteresis, type Hysteresis, type Level } from './hysteresis.ts';
import type { SourceContext, SourceHealth, Watching } from './source.ts';

/** One thing of this host that may be in order or not: a mount, the memory … */
export type Condition = {
  /** What it is, among its kind; the mount's path, for example. */
  key: string;
  /** Where it cannot be told, nothing changes. */
  level: Level | 'unknown';
  /** Whether it lasts no longer than a look, so that it cannot be waited whether it stays. */
  isMoment?: boolean;
  /** How it is, or why that cannot be told, in words. */
  message: string;
  data: Record<string, unknown>;
};

export type ConditionKind = {
  /** The source's name. */
  name: string;
  /** The event's type. */
  type: string;
  holdSeconds: () => number;
  /** Whether the configuration wants any of them watched. */
  isWanted: () => boolean;
  /** Whether one that is not found any more is gone from this host; left out, the configuration does not name it any more. */
  isGone?: (key: string) => boolean;
  /** Looks at the host; throws, or rejects, where it cannot tell. */
  look: (sample: Sample) => Condition[] | Promise<Condition[]>;
};

/**
 * Looks at the host whenever it is sampled. Each time a condition begins is an event of its own, and when it is over
 * that event ends, with `resolved: true`, or `false` where nobody watches it any more; what cannot be told changes nothing.
 */
export function watchConditions(context: SourceContext, kind: ConditionKind): Watching {
  const { clock, log, signal } = context;
  const open = openBefore(context, kind);
  const known = new Map<string, Hysteresis>();
  let health: SourceHealth = { status: 'starting', message: 'not looked yet', sinceWallMs: clock.wallMs() };
  let looking: Promise<void> = Promise.resolve();

  const tell = (status: 'ok' | 'failing', message: string) => {
    if (health.status !== status && status === 'failing') log.warn({}, `${kind.name} is not fully watched: ${message}`);
    if (health.status === 'failing' && status === 'ok') log.info({}, `${kind.name} is watched again`);
    health = { status, message, sinceWallMs: health.status === status ? health.sinceWallMs : clock.wallMs() };
  };
  const begin = ({ key, message, data }: Condition) => {
    const id = `${kind.type}:${key}:${rfc3339(clock.wallMs())}`;
    open.set(key, id);
    context.emit({
      kind: 'notice',
      id,
      type: kind.type,
      source: kind.name,
      deadline: null,
      data: { ...data, key, message },
    });
  };
  const end = (key: string, reason: string, data: Record<string, unknown>) => {
    const id = open.get(key);
    open.delete(key);
    if (id !== undefined)
      context.emit({ kind: 'ended', id, reason, data: { resolved: true, ...data, message: reason } });
  };
  const leave = (key: string) => end(key, `${key} is no longer watched`, { resolved: false });
  const take = (condition: Condition) => {
    const { key, level, isMoment } = condition;
    if (level === 'unknown') return;
    const hysteresis =
      known.get(key) ?? createHysteresis(() => (isMoment ? 0 : kind.holdSeconds() * 1000), open.has(key));
    known.set(key, hysteresis);
    const change = hysteresis.observe(level, clock.bootMs());
    if (change === 'begins') begin(condition);
    if (change === 'ends') end(key, condition.message, condition.data);
  };
  const look = async (sample: Sample) => {
    try {
      const conditions = await kind.look(sample);
      if (signal.aborted) return;
      for (const condition of conditions) take(condition);
      const keys = conditions.map(({ key }) => key);
      for (const key of [...open.keys(), ...known.keys()].filter((gone) => !keys.includes(gone))) {
        known.delete(key);
        if (kind.isGone?.(key)) end(key, `${key} is gone`, {});
        else leave(key);
      }
      const unknown = conditions.find(({ level }) => level === 'unknown');
      const bad = conditions.find(({ key }) => open.has(key)) ?? conditions[0];
      if (unknown === undefined) tell('ok', bad?.message ?? 'nothing to look at');
      else tell('failing', unknown.message);
    } catch (error) {
      tell('failing', describeError(error));
    }
  };
  let busy = false;
  const stopListening = context.onSample((sample) => {
    if (busy) return; // a look that takes long is not made twice
    busy = true;
    looking = look(sample).finally(() => {
      busy = false;
    });
  });
  const ended = new Promise<void>((resolve) => {
    const finish = () => {
      stopListening();
      if (!kind.isWanted()) for (const key of [...open.keys()]) leave(key);
      looking.then(resolve, resolve);
    };
    if (signal.aborted) finish();
    else signal.addEventListener('abort', finish, { once: true });
  });
  return { ended, health: () => health };
}

/** What an earlier run has begun and not ended: key → event. */
function openBefore(context: SourceContext, { name, type }: ConditionKind): Map<string, string> {
  const records: EventRecord[] = context.open(name).filter(({ event }) => event.type === type);
  return new Map(records.map(({ event }) => [String(event.data['key']), event.id]));
}

/** How it is, or that it cannot be told: that hides no other condition of its kind. */
export function conditionOrUnknown(key: string, look: () => Condition): Condition {
  try {
    return look();
  } catch (error) {
    return { key, level: 'unknown', message: describeError(error), data: {} };
  }
}

/**
 * The value of a monitor in a sample.
 * @throws Error where it was not measured, in words.
 */
export function measured(sample: Sample, monitor: string): number {
  const reading = sample.readings[monitor];
  if (reading?.status === 'measured') return reading.value;
  throw new Error(reading === undefined ? `the ${monitor} monitor is turned off` : reading.reason);
}
