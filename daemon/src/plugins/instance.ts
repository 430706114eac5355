import type { Clock } from '../clock.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Handler } from '../events/event.ts';
import type { CheckResult } from '../idle/check.ts';
import type { Log } from '../log.ts';
import { RpcAnswerError } from '../rpc/errors.ts';
import { eventAnswer, eventTypes, idleAnswer, vetoAnswer } from './answers.ts';
import type { CheckContext, PluginMetrics, PluginState, PluginSummary } from './host.ts';
import { initialize } from './initialize.ts';
import { capabilitiesOf, type InstanceSpec, subscriptionTo } from './instance-spec.ts';
import { type CrashRecord, planRestart } from './restart.ts';
import type { Runner, RunnerEnd } from './runner.ts';

export type InstanceParts = {
  spec: InstanceSpec;
  startRunner: (spec: InstanceSpec) => Promise<Runner>;
  stateDirectory: string;
  clock: Clock;
  log: Log;
  /** Told of every change of state, with its cause. */
  onState: (state: PluginState, cause: string) => void;
  random: () => number;
};

/** One configured use of a plugin, supervised: started, asked, started again after a crash, stopped. */
export type Instance = {
  spec(): InstanceSpec;
  /** Starts it; resolves when it runs or has failed, and never rejects. */
  start(): Promise<void>;
  isRunning(): boolean;
  check(metrics: PluginMetrics, context: CheckContext, signal?: AbortSignal): Promise<CheckResult>;
  handler(eventType: string): Handler | undefined;
  beforeSnooze(params: unknown, signal: AbortSignal): Promise<{ reason: string; delaySeconds: number | null } | null>;
  afterResume(params: unknown): Promise<void>;
  /** Takes a changed configuration without a restart; false where it needs one. */
  reconfigure(spec: InstanceSpec): Promise<boolean>;
  summary(): PluginSummary;
  stop(reason: string, graceMs: number): Promise<void>;
};

const DEFAULT_CHECK_SECONDS = 5;
const OTHER_CALLS_MS = 5_000;
/** A plugin that fails to answer so many times in a row hangs, and is started again. */
const FAILURES_BEFORE_RESTART = 3;

export function createInstance(parts: InstanceParts): Instance {
  const { clock, log } = parts;
  let spec = parts.spec;
  let state: PluginState = 'loaded';
  let runner: Runner | undefined;
  let started: Promise<void> = Promise.resolve();
  let stopping = false;
  let cancelRestart = () => {};
  let crashes: CrashRecord = [];
  let failuresInARow = 0;
  let named: string[] = [];
  let last: CheckResult | undefined;
  let lastError: string | null = null;
  let restarts = 0;
  let timeouts = 0;

  const enter = (next: PluginState, cause: string) => {
    if (next === state) return;
    state = next;
    parts.onState(next, cause);
  };

  const run = async () => {
    enter('loaded', 'start');
    let current: Runner | undefined;
    try {
      current = await parts.startRunner(spec);
      runner = current;
      const timeoutMs = (spec.manifest.timeouts?.start_seconds ?? 10) * 1000;
      named = eventTypes(await initialize(current, spec, { stateDirectory: parts.stateDirectory, timeoutMs }));
      if (stopping) return;
      enter('initialized', 'it answered Initialize');
      current.ended.then(onEnd, () => {});
      failuresInARow = 0;
      enter('running', 'it is ready');
      lastError = null;
    } catch (error) {
      runner = undefined;
      await current?.stop('it did not start', 1_000);
      const end = current && (await current.ended);
      // An invalid configuration stays invalid: PROTOCOL.md's error code, or exit code 78.
      const hopeless = end?.configurationWrong === true || (error instanceof RpcAnswerError && error.code === -32004);
      fail(messageOf(error), hopeless);
    }
  };

  const onEnd = (end: RunnerEnd) => {
    runner = undefined;
    if (!stopping) fail(end.message, end.configurationWrong);
  };

  const fail = (message: string, hopeless: boolean) => {
    if (stopping) return;
    lastError = message;
    const plan = planRestart(crashes, clock.bootMs(), parts.random());
    crashes = plan.crashes;
    const next = hopeless
      ? 'not started again until its configuration changes'
      : plan.parked
        ? 'it crashes again and again: next try in an hour'
        : `next try in ${(plan.delayMs / 1000).toFixed(1)} s`;
    enter('failed', message);
    log.warn({ plugin: spec.instance }, `${message}; ${next}`);
    if (hopeless) return;
    cancelRestart = clock.after(plan.delayMs, () => {
      restarts += 1;
      started = run();
    });
  };

  /** Counts what went wrong with a call, and starts a plugin again that has stopped answering. */
  const count = (error: unknown) => {
    lastError = messageOf(error);
    if (error instanceof SnoozeError && error.code === 'SNOOZE_E_PLUGIN_TIMEOUT') timeouts += 1;
    failuresInARow += 1;
    const hung = runner;
    if (failuresInARow < FAILURES_BEFORE_RESTART || hung === undefined || stopping) return;
    failuresInARow = 0;
    log.warn(
      { plugin: spec.instance },
      `${FAILURES_BEFORE_RESTART} failures in a row, so it is started again; the last: ${lastError}`,
    );
    hung.stop('it does not answer', 2_000).then(
      () => hung.pid === null && onEnd({ message: lastError ?? 'it does not answer', configurationWrong: false }),
      () => {},
    );
  };

  const result = (verdict: CheckResult['verdict'], reason: string, tookMs: number): CheckResult => ({
    name: spec.instance,
    kind: 'plugin',
    verdict,
    value: null,
    threshold: null,
    unit: null,
    reason,
    weight: spec.weight,
    onError: spec.onError,
    counts: spec.role === 'check',
    bootMs: clock.bootMs(),
    tookMs,
  });

  const ask = async (metrics: PluginMetrics, context: CheckContext, signal?: AbortSignal): Promise<CheckResult> => {
    if (runner === undefined || state !== 'running') {
      return result('unknown', `${spec.instance} is ${state === 'failed' ? `failed: ${lastError}` : 'starting'}`, 0);
    }
    const timeoutMs = (spec.manifest.timeouts?.check_seconds ?? DEFAULT_CHECK_SECONDS) * 1000;
    const startedMs = performance.now();
    const took = () => Math.round((performance.now() - startedMs) * 10) / 10;
    const params = { metrics, context: { ...context, deadline_ms: timeoutMs } };
    try {
      const answer = await runner.call('CheckIdle', params, { timeoutMs, ...(signal && { signal }) });
      const { isIdle, reason } = idleAnswer(spec.instance, answer);
      failuresInARow = 0;
      lastError = null;
      return result(isIdle ? 'idle' : 'busy', reason, took());
    } catch (error) {
      // An error is an answer: a monitor that cannot reach its database says so every time, and nothing is to restart.
      if (error instanceof RpcAnswerError) {
        lastError = error.message;
        failuresInARow = 0;
      } else if (!signal?.aborted) count(error);
      return result('unknown', messageOf(error), took());
    }
  };

  return {
    spec: () => spec,
    isRunning: () => state === 'running',
    start() {
      stopping = false;
      started = run();
      return started;
    },
    async check(metrics, context, signal) {
      const fresh = last !== undefined && clock.bootMs() - last.bootMs < spec.intervalSeconds * 1000;
      if (last !== undefined && fresh && last.verdict !== 'unknown') return last;
      last = await ask(metrics, context, signal);
      return last;
    },
    handler(eventType) {
      const subscription = subscriptionTo(eventType, spec, named);
      if (subscription === undefined) return undefined;
      return {
        name: spec.instance,
        ...subscription,
        async handle(event, timeoutMs, signal) {
          await started;
          if (runner === undefined)
            throw new SnoozeError('SNOOZE_E_PLUGIN_ANSWER', `${spec.instance} does not run: ${lastError ?? state}`);
          return eventAnswer(
            spec.instance,
            await runner.call('HandleEvent', { event }, { timeoutMs, urgent: true, signal }),
          );
        },
      };
    },
    async beforeSnooze(params, signal) {
      if (runner === undefined || state !== 'running') return null;
      try {
        return vetoAnswer(await runner.call('BeforeSnooze', params, { timeoutMs: OTHER_CALLS_MS, signal }));
      } catch (error) {
        log.debug({ plugin: spec.instance }, `BeforeSnooze: ${messageOf(error)}`);
        return null;
      }
    },
    async afterResume(params) {
      await started;
      await runner?.call('AfterResume', params, { timeoutMs: OTHER_CALLS_MS }).catch((error: unknown) => {
        log.debug({ plugin: spec.instance }, `AfterResume: ${messageOf(error)}`);
      });
    },
    async reconfigure(next) {
      if (runner === undefined || state !== 'running') return false;
      try {
        await runner.call('Configure', { config: next.config }, { timeoutMs: OTHER_CALLS_MS });
        spec = next;
        last = undefined;
        return true;
      } catch {
        return false; // it does not take a configuration while it runs: it is started again with it
      }
    },
    summary: () => ({
      instance: spec.instance,
      plugin: spec.manifest.name,
      version: spec.manifest.version,
      directory: spec.directory,
      state,
      enabled: true,
      pid: runner?.pid ?? null,
      restarts,
      timeouts,
      last_error: lastError,
      verdict: capabilitiesOf(spec.manifest).includes('check_idle') ? (last?.verdict ?? null) : null,
      reason: last?.reason ?? null,
      took_ms: last?.tookMs ?? null,
    }),
    async stop(reason, graceMs) {
      stopping = true;
      cancelRestart();
      const current = runner;
      await current?.stop(reason, graceMs);
      await started;
      await runner?.stop(reason, graceMs);
      runner = undefined;
      enter('stopped', reason);
    },
  };
}
