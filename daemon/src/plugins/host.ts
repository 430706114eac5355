import type { Handler } from '../events/event.ts';
import type { CheckResult } from '../idle/check.ts';
import type { CommandResult, Diagnosis } from './instance/answers.ts';
import type { Manifest } from './manifest/manifest.ts';
import type { LogBook } from './records/log-book.ts';
import type { SlowLog } from './records/slow-log.ts';
import type { MethodStatistics } from './records/statistics.ts';
import type { Usage } from './records/usage.ts';
import type { ReportedMetric } from './services/report-metric.ts';

/** PROTOCOL.md's life of a plugin, plus `disabled` for one that is installed and not in use. */
export type PluginState = 'disabled' | 'unloaded' | 'loaded' | 'initialized' | 'running' | 'stopped' | 'failed';

/** One instance as `snooze plugin list` and `status` show it. */
export type PluginSummary = {
  instance: string;
  plugin: string;
  version: string;
  /** Folder the plugin was found in. */
  directory: string;
  state: PluginState;
  /** Why it is in that state, and since when (RFC 3339 UTC); null where it never was in another. */
  cause: string | null;
  since: string | null;
  /** What it says is wrong while it runs; null where nothing is. */
  degraded: string | null;
  /** Why its process has all the rights of the daemon's user; null where something keeps it to its manifest. */
  unconfined: string | null;
  /** When a failed one is started again by itself (RFC 3339 UTC). */
  next_try: string | null;
  enabled: boolean;
  /** Process id of an external plugin that runs. */
  pid: number | null;
  restarts: number;
  timeouts: number;
  last_error: string | null;
  /** What it said last. */
  verdict: CheckResult['verdict'] | null;
  reason: string | null;
  took_ms: number | null;
};

/** The numbers that plugins get with `CheckIdle` (PROTOCOL.md); null where the host does not have it. */
export type PluginMetrics = {
  timestamp: number;
  cpu_usage: number | null;
  memory_usage: number | null;
  network_traffic: number | null;
  disk_io: number | null;
  gpu_usage: number | null;
  input_idle_seconds: number | null;
  load_1m: number | null;
  idle_seconds: number;
  gpus: Record<string, unknown>[];
};

export type CheckContext = {
  check_interval_seconds: number;
  naptime_seconds: number;
  state: string;
};

/** What is known of an instance beyond its summary. */
export type PluginDetails = {
  /** The numbers that it has reported itself. */
  metrics: ReportedMetric[];
  statistics: {
    restarts: number;
    bytes_to_plugin: number;
    bytes_from_plugin: number;
    /** What it wrote that was no message, or none that anybody waited for, by kind. */
    faults: Record<string, number>;
    methods: Record<string, MethodStatistics>;
  };
  /** Null where it has no process now. */
  usage: Usage | null;
  /** Its answer to `Info`. */
  reported: Record<string, unknown> | null;
};

/** What one instance in use has cost, and the numbers that it has reported. */
export type PluginMeasurements = {
  instance: string;
  restarts: number;
  methods: Record<string, MethodStatistics>;
  reported: ReportedMetric[];
};

/** The first plugin that does not allow a snooze, or asks for time. */
export type Veto = { instance: string; reason: string; delaySeconds: number | null };

/** All plugins of the daemon: the one thing the rest of it knows of them. */
export type PluginHost = {
  /** Discovers and starts what the config enables; a plugin that does not start is `failed`, not an error. */
  start(): Promise<void>;
  /**
   * Asks all running plugins at once, but for one that still owes the answer of an earlier round; always resolves,
   * within each plugin's own timeout and within `waitMs`, after which a plugin without an answer is unknown.
   */
  checkAll(
    metrics: PluginMetrics,
    context: CheckContext,
    limits: { waitMs: number; signal: AbortSignal },
  ): Promise<CheckResult[]>;
  /** Who has subscribed to an event type, in no order. */
  handlers(eventType: string): Handler[];
  /** Resolves when it is known of each plugin in use which events it handles, be it running or not. */
  subscribed(): Promise<void>;
  /** Asks every running plugin; a failing answer is no veto. */
  beforeSnooze(
    params: { reason: string; idle_seconds: number; action: string },
    signal: AbortSignal,
  ): Promise<Veto | null>;
  afterResume(params: { stopped_at: string; resumed_at: string; reason: string }): Promise<void>;
  list(): PluginSummary[];
  /** @throws SnoozeError SNOOZE_E_PLUGIN_UNKNOWN */
  info(instance: string): { summary: PluginSummary; manifest: Manifest; config: Record<string, unknown> };
  /**
   * The first verdict of an instance that has just been started; null for one that only handles events.
   * @throws SnoozeError SNOOZE_E_PLUGIN_UNKNOWN, SNOOZE_E_PLUGIN_START with why it does not run, or gives no verdict;
   * its cause is then what the call failed with
   */
  tryOut(instance: string): Promise<CheckResult | null>;
  /** Looks at folders and config again: starts, stops, reconfigures what changed and nothing else. */
  reload(): Promise<void>;
  /**
   * Starts one instance again, after the events that it has in hand, and forgets its crashes.
   * @throws SnoozeError SNOOZE_E_PLUGIN_UNKNOWN, SNOOZE_E_PLUGIN_START where it is not in use
   */
  restart(instance: string, cause: string): Promise<void>;
  /**
   * Has a plugin look into what it watches; all of it where `categories` is empty.
   * @throws SnoozeError SNOOZE_E_PLUGIN_UNKNOWN, SNOOZE_E_PLUGIN_START, SNOOZE_E_PLUGIN_ANSWER, SNOOZE_E_PLUGIN_TIMEOUT
   */
  diagnose(instance: string, categories: readonly string[], signal: AbortSignal): Promise<Diagnosis>;
  /**
   * Has a plugin do a command of its own.
   * @throws SnoozeError SNOOZE_E_PLUGIN_UNKNOWN, SNOOZE_E_PLUGIN_START, SNOOZE_E_PLUGIN_ANSWER, SNOOZE_E_PLUGIN_TIMEOUT
   */
  runCommand(
    instance: string,
    command: { command: string; args: readonly string[] },
    signal: AbortSignal,
  ): Promise<CommandResult>;
  /**
   * What takes a moment to find out of one instance.
   * @throws SnoozeError SNOOZE_E_PLUGIN_UNKNOWN, SNOOZE_E_PLUGIN_START where it is not in use
   */
  details(instance: string): Promise<PluginDetails>;
  /** Of every instance in use, without asking it. */
  measurements(): PluginMeasurements[];
  /** The folders in which an instance, be it gone, has kept something. */
  keptBy(instance: string): string[];
  /** Removes what an instance that is gone has kept in its folders, has said and has cost. */
  forget(instance: string): void;
  /** What each instance has said last. */
  logs: Pick<LogBook, 'lines' | 'more'>;
  slowLog: SlowLog;
  /** Stops one instance and keeps it stopped until the next reload. */
  stopInstance(instance: string, reason: string): Promise<void>;
  /** Ends every plugin within `graceMs`; afterwards no process is left. */
  stop(reason: string, graceMs: number): Promise<void>;
};
