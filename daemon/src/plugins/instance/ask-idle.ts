import { messageOf } from '../../errors.ts';
import type { CheckResult } from '../../idle/check.ts';
import { RpcAnswerError, RpcSendError } from '../../rpc/errors.ts';
import type { CheckContext, PluginMetrics } from '../host.ts';
import type { Runner } from '../runners/runner.ts';
import { timeLimit } from '../runners/time-limit.ts';
import { idleAnswer } from './answers.ts';
import type { CareParts } from './health.ts';

export type AskIdleParts = CareParts & {
  /** It ran before: a check waits for it while it is started again, rather than find it unknown. */
  ranBefore: () => boolean;
};

/** Puts one `CheckIdle` to an instance. */
export type IdleAsker = {
  /** Always resolves, within the plugin's own timeout. */
  ask(metrics: PluginMetrics, context: CheckContext, signal: AbortSignal | undefined): Promise<CheckResult>;
  /** A verdict of this instance; `tookMs` is how long it took to find out. */
  verdict(verdict: CheckResult['verdict'], reason: string, tookMs: number): CheckResult;
  /** Why the last call gave no answer; null where it gave one. */
  lastFailure(): unknown;
};

const DEFAULT_CHECK_SECONDS = 5;
/** A plugin that fails to answer so many times in a row hangs, and is started again. */
const FAILURES_BEFORE_RESTART = 3;

export function createIdleAsker(parts: AskIdleParts): IdleAsker {
  const { spec, supervisor, atWork, giveUp, clock, log, ranBefore } = parts;
  let lastFailure: unknown = null;
  /** How often this very process, or module, has failed in a row. */
  let failures: { of: Runner; count: number } | undefined;

  const verdict: IdleAsker['verdict'] = (found, reason, tookMs) => {
    const { instance, weight, onError, role } = spec();
    return {
      name: instance,
      kind: 'plugin',
      verdict: found,
      value: null,
      threshold: null,
      unit: null,
      reason,
      weight,
      onError,
      counts: role === 'check',
      bootMs: clock.bootMs(),
      tookMs,
    };
  };

  /** Counts a call without an answer, and has a plugin started again that has stopped answering. */
  const count = (runner: Runner) => {
    failures = { of: runner, count: (failures?.of === runner ? failures.count : 0) + 1 };
    if (failures.count < FAILURES_BEFORE_RESTART) return;
    failures = undefined;
    log.warn({ plugin: spec().instance }, `${FAILURES_BEFORE_RESTART} failures in a row, so it is started again`);
    giveUp(runner, `it stopped answering: ${messageOf(lastFailure)}`);
  };

  const notRunning = (): CheckResult => {
    const { state, cause } = supervisor().life();
    const why = state.name === 'failed' ? `failed: ${state.error}` : state.name === 'stopped' ? cause : 'starting';
    return verdict('unknown', `${spec().instance} is ${why}`, 0);
  };

  const waitForReturn = async (timeoutMs: number, signal: AbortSignal | undefined) => {
    const limit = timeLimit(clock, timeoutMs, signal);
    while (isReturning() && !limit.signal.aborted) await supervisor().changed(limit.signal);
    limit.end();
    return supervisor().running();
  };
  const isReturning = () => {
    const { state, restarts } = supervisor().life();
    return (ranBefore() || restarts > 0) && ['unloaded', 'loaded', 'initialized'].includes(state.name);
  };

  return {
    verdict,
    lastFailure: () => lastFailure,
    async ask(metrics, context, signal) {
      const { instance, manifest } = spec();
      const timeoutMs = (manifest.timeouts?.check_seconds ?? DEFAULT_CHECK_SECONDS) * 1000;
      const runner = supervisor().running() ?? (await waitForReturn(timeoutMs, signal));
      if (runner === undefined) return notRunning();
      const work = atWork();
      if (work !== undefined) return verdict('busy', `it ${work}`, 0);
      const startedMs = performance.now();
      const took = () => Math.round((performance.now() - startedMs) * 10) / 10;
      const params = { metrics, context: { ...context, deadline_ms: timeoutMs } };
      try {
        const answer = await runner.call('CheckIdle', params, { timeoutMs, ...(signal && { signal }) });
        const { isIdle, reason } = idleAnswer(instance, answer);
        failures = undefined;
        lastFailure = null;
        return verdict(isIdle ? 'idle' : 'busy', reason, took());
      } catch (error) {
        if (isAnswer(error)) failures = undefined;
        if (!signal?.aborted) {
          lastFailure = error;
          // One that waited behind an event has not failed.
          if (!isAnswer(error) && atWork() === undefined) count(runner);
        }
        return verdict('unknown', messageOf(error), took());
      }
    },
  };
}

/**
 * An error is an answer: a monitor that cannot reach its database says so every time, and nothing is to restart. Nor is
 * it the plugin's fault that what it is asked is too much for one message.
 */
function isAnswer(error: unknown): boolean {
  return error instanceof RpcAnswerError || error instanceof RpcSendError;
}
