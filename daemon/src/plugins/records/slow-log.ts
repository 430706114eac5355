import { type Clock, rfc3339 } from '../../clock.ts';
import { isPlainObject } from '../../config/difference.ts';
import { messageOf } from '../../errors.ts';
import type { EndedCall } from './statistics.ts';

/** A call that took long. */
export type SlowCall = {
  at: string;
  instance: string;
  method: string;
  /** The event's type, or the command; null for other methods. */
  about: string | null;
  took_ms: number;
  /** What it ended with instead of an answer. */
  error: string | null;
};

/** The slow calls of all plugins, the last ones in memory. */
export type SlowLog = {
  note(instance: string, call: EndedCall): void;
  /** The slowest first. */
  list(limit: number): SlowCall[];
  thresholdMs(): number;
  /** Calls that take at least so long are kept from now on. */
  setThreshold(thresholdMs: number): void;
  reset(): void;
  /** Forgets the calls of one instance. */
  forget(instance: string): void;
};

const DEFAULT_THRESHOLD_MS = 100;
const KEPT = 200;

export function createSlowLog(clock: Clock): SlowLog {
  let kept: SlowCall[] = [];
  let thresholdMs = DEFAULT_THRESHOLD_MS;
  return {
    note(instance, { method, params, tookMs, error }) {
      if (tookMs < thresholdMs) return;
      kept.push({
        at: rfc3339(clock.wallMs()),
        instance,
        method,
        about: aboutOf(params),
        took_ms: Math.round(tookMs * 10) / 10,
        error: error === undefined ? null : messageOf(error),
      });
      if (kept.length > KEPT) kept = kept.slice(-KEPT);
    },
    list: (limit) => kept.toSorted((a, b) => b.took_ms - a.took_ms).slice(0, limit),
    thresholdMs: () => thresholdMs,
    setThreshold(ms) {
      thresholdMs = ms;
    },
    reset() {
      kept = [];
    },
    forget(instance) {
      kept = kept.filter((call) => call.instance !== instance);
    },
  };
}

function aboutOf(params: unknown): string | null {
  const { event, command } = isPlainObject(params) ? params : {};
  const about = isPlainObject(event) ? event['type'] : command;
  return typeof about === 'string' ? about : null;
}
