import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../clock.ts';
import type { Handler } from '../../events/event.ts';
import type { CheckResult } from '../../idle/check.ts';
import type { Log } from '../../log.ts';
import type { CheckContext, PluginDetails, PluginMetrics, PluginSummary } from '../host.ts';
import { type InstanceSpec, type Subscription, subscriptionTo } from '../manifest/instance-spec.ts';
import { type EndedCall, type MethodStatistics, measured, type Statistics } from '../records/statistics.ts';
import { usageOf } from '../records/usage.ts';
import type { Runner } from '../runners/runner.ts';
import type { ChangedGrant } from '../sandbox/changed-grants.ts';
import { type CommandResult, type Diagnosis, eventTypes } from './answers.ts';
import { askBeforeSnooze, tellAfterResume } from './around-snooze.ts';
import { type CheckRound, createChecker } from './checking.ts';
import { askInfo, diagnose, runPluginCommand } from './errands.ts';
import { type HandlingParts, handleEvent } from './handling.ts';
import { createHealthWatch } from './health.ts';
import { initialize } from './initialize.ts';
import type { Life } from './lifecycle.ts';
import { createSandboxRenewal } from './renew-sandbox.ts';
import { summarize } from './summarize.ts';
import { createSupervisor } from './supervisor.ts';
import { createWork } from './work.ts';

export type InstanceParts = {
  spec: InstanceSpec;
  /** Why it must not run: what it leans on has failed. */
  heldBack: (spec: InstanceSpec) => string | undefined;
  startRunner: (spec: InstanceSpec) => Promise<{ runner: Runner; changedGrant: ChangedGrant }>;
  stateDirectory: string;
  hostMethods: readonly string[];
  /** Why nothing keeps its process to its manifest; null where something does. */
  unconfined: () => string | null;
  /** What of its files is not as it was when it was started; null where all is. */
  altered: () => string | null;
  statistics: Statistics;
  /** Told of every call when it is over. */
  onCall: (call: EndedCall) => void;
  clock: Clock;
  log: Log;
  /** Told of every change of its life. */
  onLife: (life: Life) => void;
  random: () => number;
  /** Events that the one in whose place it comes has named; that one itself must not live on in this one. */
  namedBefore: readonly string[] | undefined;
};

/** One configured use of a plugin. */
export type Instance = {
  spec(): InstanceSpec;
  /** Starts it; resolves when it runs or has failed, and never rejects. */
  start(cause: string): Promise<void>;
  isRunning(): boolean;
  /** Ends it, after what it has in hand, where what it leans on has failed. */
  hold(): Promise<void>;
  /** Starts it where it was held and what it leans on runs. */
  release(cause: string): Promise<void>;
  /** Resolves when it has run, or has failed or ended without. */
  started(): Promise<void>;
  /** Starts it again where its sandbox hides what it is granted; see `createSandboxRenewal`. */
  renewSandbox(): Promise<void>;
  /** Always resolves, at the latest when the round is over; see `createChecker`. */
  check(metrics: PluginMetrics, context: CheckContext, round?: CheckRound): Promise<CheckResult>;
  /** Why its last check had no answer; null where it had one. */
  lastFailure(): unknown;
  /** Types of events that the plugin itself has named. */
  named(): readonly string[];
  subscription(eventType: string): Subscription | undefined;
  handle: Handler['handle'];
  diagnose(categories: readonly string[], signal: AbortSignal): Promise<Diagnosis>;
  runCommand(command: { command: string; args: readonly string[] }, signal: AbortSignal): Promise<CommandResult>;
  /** Resolves when it has no event, command or check in hand. */
  drained(): Promise<void>;
  beforeSnooze(params: unknown, signal: AbortSignal): Promise<{ reason: string; delaySeconds: number | null } | null>;
  afterResume(params: unknown): Promise<void>;
  /** Takes another spec of the same program without a restart; false where it needs one. */
  reconfigure(spec: InstanceSpec): Promise<boolean>;
  summary(): PluginSummary;
  /** What each method has cost so far. */
  methods(): Record<string, MethodStatistics>;
  details(): Promise<Omit<PluginDetails, 'metrics'>>;
  stop(reason: string, graceMs: number): Promise<void>;
};

const DEFAULT_START_SECONDS = 10;
const CONFIGURE_MS = 5_000;

export function createInstance(parts: InstanceParts): Instance {
  const { clock, log } = parts;
  let spec = parts.spec;
  let named: readonly string[] = parts.namedBefore ?? [];
  const { statistics } = parts;
  const count = (call: EndedCall) => {
    statistics.count(call);
    parts.onCall(call);
  };
  let ranBefore = parts.namedBefore !== undefined;
  let changedGrant: ChangedGrant = async () => undefined;
  let sinceWallMs = clock.wallMs();
  const supervisor = createSupervisor({
    instance: spec.instance,
    heldBack: () => parts.heldBack(spec),
    async load() {
      const started = await parts.startRunner(spec);
      ({ changedGrant } = started);
      const runner = measured(started.runner, count);
      runner.ended.then(
        () => statistics.addTraffic(runner.traffic()),
        () => {},
      );
      return runner;
    },
    async initialize(runner) {
      const timeoutMs = (spec.manifest.timeouts?.start_seconds ?? DEFAULT_START_SECONDS) * 1000;
      const { stateDirectory, hostMethods } = parts;
      named = eventTypes(await initialize(runner, spec, { stateDirectory, timeoutMs, hostMethods }));
    },
    clock,
    random: parts.random,
    onChange(life) {
      sinceWallMs = clock.wallMs();
      ranBefore ||= life.state.name === 'running';
      followHealth(life);
      parts.onLife(life);
    },
  });
  const work = createWork();
  const handling: HandlingParts = { instance: spec.instance, supervisor, work, clock };
  const around = { instance: spec.instance, supervisor, log };
  const atWork = () => (spec.manifest.concurrent === true ? undefined : work.inHand()[0]);
  /** A hung plugin is not ended before what it has in hand, whose time is limited anyway. */
  const giveUp = (runner: Runner, error: string) => {
    work.drained().then(
      () => supervisor.giveUp(runner, error),
      () => {},
    );
  };
  const shared = { spec: () => spec, supervisor: () => supervisor, atWork, giveUp, clock, log };
  const followHealth = createHealthWatch({
    ...shared,
    // Behind a check that takes its time nobody is silent.
    atWork: () =>
      atWork() ?? (spec.manifest.concurrent !== true && checker.isAwaited() ? 'answers a check' : undefined),
  });
  const checker = createChecker({ ...shared, ranBefore: () => ranBefore });
  const renewSandbox = createSandboxRenewal({
    supervisor: () => supervisor,
    changedGrant: () => changedGrant(),
    isAtWork: () => work.inHand().length > 0 || checker.isAwaited(),
    clock,
  });

  const started = async () => {
    const { signal } = new AbortController();
    while (['unloaded', 'loaded', 'initialized'].includes(supervisor.life().state.name))
      await supervisor.changed(signal);
  };

  return {
    spec: () => spec,
    isRunning: () => supervisor.running() !== undefined,
    start: supervisor.start,
    async hold() {
      await started();
      await work.drained();
      const why = parts.heldBack(spec);
      if (why !== undefined) supervisor.hold(why);
    },
    async release(cause) {
      const { state } = supervisor.life();
      const isHeld = state.name === 'failed' && state.retry.kind === 'with-dependency';
      if (isHeld && parts.heldBack(spec) === undefined) await supervisor.start(cause);
    },
    started,
    renewSandbox,
    check: checker.check,
    lastFailure: checker.lastFailure,
    named: () => named,
    subscription: (eventType) => subscriptionTo(eventType, spec, named),
    handle: (event, timeoutMs, signal) => handleEvent(handling, event, timeoutMs, signal),
    diagnose: (categories, signal) => diagnose(handling, categories, signal),
    runCommand: (command, signal) => runPluginCommand(handling, command, signal),
    async drained() {
      await work.drained();
      await checker.settled();
    },
    beforeSnooze: (params, signal) => askBeforeSnooze(around, params, signal),
    afterResume: (params) => tellAfterResume(around, params),
    async reconfigure(next) {
      if (!isDeepStrictEqual(next.config, spec.config)) {
        const runner = supervisor.running();
        if (runner === undefined) return false;
        // A plugin at work would not hear it in time.
        await work.drained();
        try {
          await runner.call('Configure', { config: next.config }, { timeoutMs: CONFIGURE_MS });
        } catch {
          return false; // it does not take a configuration while it runs: it is started again with it
        }
      }
      spec = next;
      checker.forget();
      return true;
    },
    summary: () =>
      summarize({
        spec,
        supervisor,
        checker,
        statistics,
        sinceWallMs,
        unconfined: parts.unconfined(),
        altered: parts.altered(),
        clock,
      }),
    methods: statistics.ofMethods,
    async details() {
      const present = supervisor.present();
      const past = statistics.traffic();
      const now = present?.traffic();
      return {
        statistics: {
          restarts: supervisor.life().restarts,
          bytes_to_plugin: past.toPlugin + (now?.toPlugin ?? 0),
          bytes_from_plugin: past.fromPlugin + (now?.fromPlugin ?? 0),
          faults: statistics.faults(),
          methods: statistics.ofMethods(),
        },
        usage: typeof present?.pid === 'number' ? usageOf(present.pid) : null,
        reported: atWork() === undefined ? await askInfo(supervisor.running()) : null,
      };
    },
    stop: supervisor.stop,
  };
}
