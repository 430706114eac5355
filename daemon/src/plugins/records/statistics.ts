import { SnoozeError } from '../../errors.ts';
import { isAnswered } from '../../rpc/codes.ts';
import type { WireFault } from '../../rpc/rpc.ts';
import type { Runner, Traffic } from '../runners/runner.ts';

/** What one method of one instance has cost so far; times in milliseconds, null before the first call. */
export type MethodStatistics = {
  calls: number;
  /** Calls that were answered with an error, or not at all. */
  errors: number;
  /** Of those, how many because no answer came in time, or nothing that the plugin itself waited for. */
  timeouts: number;
  p50_ms: number | null;
  p99_ms: number | null;
  max_ms: number | null;
};

/** One call that is over. */
export type EndedCall = { method: string; params: unknown; tookMs: number; error: unknown };

/** What is counted of one instance, over all its processes. */
export type Statistics = {
  count(call: EndedCall): void;
  countFault(kind: WireFault['kind']): void;
  /** What it wrote that was no message, or none that anybody waited for, by kind. */
  faults(): Partial<Record<WireFault['kind'], number>>;
  /** Bytes of a process that has ended. */
  addTraffic(traffic: Traffic): void;
  traffic(): Traffic;
  ofMethods(): Record<string, MethodStatistics>;
  timeouts(): number;
};

const FIRST_BOUND_MS = 0.05;
/** Two to a doubling: from 50 µs to a good minute. */
const BUCKETS = 42;

type Counted = { calls: number; errors: number; timeouts: number; maxMs: number; buckets: Uint32Array };

/** Counts calls by method, and their times in a histogram of fixed size: what is always on must cost nothing. */
export function createStatistics(): Statistics {
  const methods = new Map<string, Counted>();
  const bytes: Traffic = { toPlugin: 0, fromPlugin: 0 };
  const faults: Partial<Record<WireFault['kind'], number>> = {};
  return {
    countFault(kind) {
      faults[kind] = (faults[kind] ?? 0) + 1;
    },
    faults: () => ({ ...faults }),
    traffic: () => ({ ...bytes }),
    addTraffic({ toPlugin, fromPlugin }) {
      bytes.toPlugin += toPlugin;
      bytes.fromPlugin += fromPlugin;
    },
    count({ method, tookMs, error }) {
      const counted = methods.getOrInsertComputed(method, () => ({
        calls: 0,
        errors: 0,
        timeouts: 0,
        maxMs: 0,
        buckets: new Uint32Array(BUCKETS),
      }));
      counted.calls += 1;
      if (error !== undefined) counted.errors += 1;
      if (isTimeout(error)) counted.timeouts += 1;
      counted.maxMs = Math.max(counted.maxMs, tookMs);
      const bucket = bucketOf(tookMs);
      counted.buckets[bucket] = (counted.buckets[bucket] ?? 0) + 1;
    },
    ofMethods: () =>
      Object.fromEntries(
        [...methods].map(([method, { calls, errors, timeouts, maxMs, buckets }]) => {
          const at = (share: number) => quantile(buckets, { share, calls, maxMs });
          return [method, { calls, errors, timeouts, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: round(maxMs) }];
        }),
      ),
    timeouts: () => [...methods.values()].reduce((sum, { timeouts }) => sum + timeouts, 0),
  };
}

/** A runner whose calls are told of when they are over. */
export function measured(runner: Runner, onEnd: (call: EndedCall) => void): Runner {
  const { ended, traffic, stop } = runner;
  return {
    get pid() {
      return runner.pid;
    },
    ended,
    traffic,
    stop,
    async call(method, params, options) {
      const startedMs = performance.now();
      const end = (error: unknown) => onEnd({ method, params, tookMs: performance.now() - startedMs, error });
      try {
        const result = await runner.call(method, params, options);
        end(undefined);
        return result;
      } catch (error) {
        // What nobody waits for any more is neither an answer nor its lack.
        if (!options.signal?.aborted) end(error);
        throw error;
      }
    },
  };
}

function isTimeout(error: unknown): boolean {
  if (isAnswered(error, 'timedOut')) return true;
  return error instanceof SnoozeError && error.code === 'SNOOZE_E_PLUGIN_TIMEOUT';
}

function bucketOf(tookMs: number): number {
  if (tookMs <= FIRST_BOUND_MS) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(2 * Math.log2(tookMs / FIRST_BOUND_MS)));
}

/** The upper bound of the bucket that the share falls into, and never more than the longest call. */
function quantile(
  buckets: Uint32Array,
  { share, calls, maxMs }: { share: number; calls: number; maxMs: number },
): number | null {
  let left = Math.ceil(calls * share);
  for (const [bucket, count] of buckets.entries()) {
    left -= count;
    if (left <= 0) return round(Math.min(maxMs, FIRST_BOUND_MS * 2 ** (bucket / 2)));
  }
  return null;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
