import type { Clock } from '../../clock.ts';
import type { CheckResult } from '../../idle/check.ts';
import type { CheckContext, PluginMetrics } from '../host.ts';
import { type AskIdleParts, createIdleAsker } from './ask-idle.ts';

/** A round of checks: until when it waits for answers, and what ends it and every answer it waits for. */
export type CheckRound = { over: Promise<void>; signal: AbortSignal };

/** Begins a round that is over after `waitMs`, or as soon as `signal` aborts; `close` frees what it holds. */
export function openRound(clock: Clock, waitMs: number, signal: AbortSignal): { round: CheckRound; close(): void } {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const cancel = clock.after(waitMs, end);
  if (signal.aborted) end();
  // A controller of its own, aborted at the end of each round, would cost more than the rest of the round.
  signal.addEventListener('abort', end, { once: true });
  return {
    round: { over, signal },
    close() {
      cancel();
      signal.removeEventListener('abort', end);
    },
  };
}

/** Gives the verdict of one instance for each round, whether it answers in the round or not. */
export type Checker = {
  /** Always resolves, within the plugin's own timeout, and when the round is over; without a round it is asked at once. */
  check(metrics: PluginMetrics, context: CheckContext, round?: CheckRound): Promise<CheckResult>;
  last(): CheckResult | undefined;
  /** Whether it owes an answer. */
  isAwaited(): boolean;
  /** Resolves when it owes no answer any more; it never takes longer than a check may. */
  settled(): Promise<void>;
  forget(): void;
  /** Why the last call gave no answer; null where it gave one. */
  lastFailure(): unknown;
};

/** An answer that is waited for, in the round that asked for it or in a later one. */
type Awaited = { askedBootMs: number; answer: Promise<CheckResult> };

/** So many questions are open at once to a plugin that bears several. */
const MOST_OPEN = 8;

/**
 * Asks one instance whether it is idle. An answer that comes after its round, and within the plugin's own timeout,
 * counts for the next one; only the last look before a snooze takes none that was asked for earlier.
 */
export function createChecker(parts: AskIdleParts): Checker {
  const { spec, clock } = parts;
  const asker = createIdleAsker(parts);
  const open: Awaited[] = [];
  /** What was said last, be it by us. */
  let last: CheckResult | undefined;
  /** The answer to the latest question that has one. */
  let heard: { askedBootMs: number; result: CheckResult } | undefined;
  let counted: typeof heard;

  const ask = (metrics: PluginMetrics, context: CheckContext, signal: AbortSignal | undefined): Awaited => {
    const askedBootMs = clock.bootMs();
    const answer = asker.ask(metrics, context, signal).then((result) => {
      open.splice(open.indexOf(asked), 1);
      if (heard === undefined || askedBootMs >= heard.askedBootMs) {
        heard = { askedBootMs, result };
        last = result;
      }
      return result;
    });
    const asked: Awaited = { askedBootMs, answer };
    open.push(asked);
    return asked;
  };

  /** What was heard is still good; rounds do not come to the millisecond. */
  const isFresh = ({ check_interval_seconds: roundSeconds }: CheckContext) => {
    if (heard === undefined || heard.result.verdict === 'unknown') return false;
    const dueBootMs = heard.askedBootMs + spec().intervalSeconds * 1000;
    return dueBootMs - clock.bootMs() > (roundSeconds / 2) * 1000;
  };

  const mayAsk = () => open.length < (spec().manifest.concurrent === true ? MOST_OPEN : 1);

  const notYet = (): CheckResult => {
    const askedMs = clock.bootMs() - (open[0]?.askedBootMs ?? clock.bootMs());
    const then = spec().manifest.concurrent === true ? '' : '; it is asked again when it has';
    const reason = `${spec().instance} has not answered for ${(askedMs / 1000).toFixed(1)} s${then}`;
    return asker.verdict('unknown', reason, Math.round(askedMs));
  };

  return {
    async check(metrics, context, round) {
      const isLastLook = context.state === 'snoozing';
      if (heard !== undefined && !isLastLook && isFresh(context)) return heard.result;
      if (isLastLook && !mayAsk()) await firstOf(open[0], round);
      const asked = mayAsk() ? ask(metrics, context, round?.signal) : undefined;
      const inTime = await firstOf(asked ?? (isLastLook ? undefined : open[0]), round);
      const came = heard === counted || isLastLook ? undefined : heard?.result;
      counted = heard;
      last = inTime ?? came ?? notYet();
      return last;
    },
    settled: async () => void (await Promise.all(open.map(({ answer }) => answer))),
    last: () => last,
    isAwaited: () => open.length > 0,
    forget() {
      last = undefined;
      heard = undefined;
    },
    lastFailure: asker.lastFailure,
  };
}

/** An answer, or undefined where the round is over before it. */
function firstOf(awaited: Awaited | undefined, round: CheckRound | undefined): Promise<CheckResult | undefined> {
  return Promise.race([awaited?.answer, round?.over.then(() => undefined)].filter((one) => one !== undefined));
}
