import type { Host } from './host.ts';
import type { CheckContext, Metrics, SnoozeEvent } from './protocol.ts';
import type { ConfigOf, Settings } from './settings.ts';

/** A check's answer: is the host idle, as far as this plugin can tell, and why. */
export type Verdict = {
  is_idle: boolean;
  /** For people, with the value and the threshold in it. */
  reason: string;
  /** Numbers and names that explain it; shown by `snooze status --json`. */
  details?: Record<string, unknown>;
};

/** What became of an event. `handled: false` declines it, so that the next handler's turn comes. */
export type Handled = { handled: boolean; result?: unknown };

/** `allow: false` vetoes the snooze; `delay_seconds` asks for time, after which the host asks again. */
export type SnoozeAnswer = { allow: boolean; reason?: string; delay_seconds?: number };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The plugin's log: one function for each level. */
export type Log = Record<LogLevel, (message: string) => void>;

/** What every call gets: the configuration, the daemon's services, and a signal that tells when nobody waits any more. */
export type Call<Config> = { config: Config; signal: AbortSignal; host: Host; log: Log };

/** One thing that `diagnose` found. */
export type Finding = {
  id: string;
  category: string;
  severity: 'info' | 'warning' | 'critical';
  title: string;
  detail?: string;
  suggestion?: string;
};

export type Diagnosis = {
  status: 'ok' | 'degraded' | 'failed';
  findings: Finding[];
  metrics?: Record<string, unknown>;
};

export type Health = { status: 'ok' | 'degraded' | 'failed'; message?: string };

/** For `snooze plugin run`. */
export type CommandResult = { exit_code: number; output: string };

type MaybePromise<T> = T | Promise<T>;

/**
 * A plugin. Every part is optional and may be asynchronous; what it throws is reported as the plugin's error, and a
 * check that fails counts as busy. The daemon loads a native plugin from the export named `plugin`.
 */
export type Plugin<Config = Record<string, unknown>> = {
  /** For the manifest that `--manifest` prints; `settings` are its `config_schema`, `manifest` all else in it. */
  name?: string;
  version?: string;
  description?: string;
  settings?: Settings;
  /** The events that it handles, each with a priority (50): a higher one is called earlier. */
  events?: Record<string, { priority?: number; mode?: 'handle' | 'observe' }>;
  manifest?: Record<string, unknown>;
  /** Once, before anything else. Throwing keeps the plugin from starting. `stateDirectory` is its own to write to. */
  initialize?(start: { config: Config; stateDirectory: string; log: Log; host: Host }): MaybePromise<void>;
  /** The configuration has changed; the next calls get the new one. Throwing refuses it. */
  configure?(change: { config: Config }): MaybePromise<void>;
  /** Every check interval. */
  checkIdle?(call: Call<Config> & { metrics: Metrics; context: CheckContext }): MaybePromise<Verdict>;
  /** An event that the manifest subscribes to. After a crash of the daemon the same id can come again. */
  handleEvent?(call: Call<Config> & { event: SnoozeEvent }): MaybePromise<Handled>;
  /** Right before the host is stopped; the first plugin that does not allow it keeps it awake. */
  beforeSnooze?(
    call: Call<Config> & { reason: string; idle_seconds: number; action: string },
  ): MaybePromise<SnoozeAnswer>;
  /** The first start after a snooze. Times are RFC 3339 UTC. */
  afterResume?(call: Call<Config> & { stopped_at: string; resumed_at: string; reason: string }): MaybePromise<void>;
  /** Every `health_interval_seconds`. */
  healthCheck?(call: Call<Config>): MaybePromise<Health>;
  /** `snooze plugin diagnose`; with `categories` only findings of those. */
  diagnose?(call: Call<Config> & { categories?: string[] }): MaybePromise<Diagnosis>;
  /** `snooze plugin run NAME COMMAND …`. */
  runCommand?(call: Call<Config> & { command: string; args: string[] }): MaybePromise<CommandResult>;
  /** Once, last. */
  shutdown?(end: { reason: string }): MaybePromise<void>;
};

/**
 * Gives an object literal its types. With `settings` the configuration's type follows from them; without,
 * `definePlugin<{ limit: number }>({ … })` names it.
 */
export function definePlugin<const S extends Settings>(
  plugin: Plugin<ConfigOf<S>> & { settings: S },
): Plugin<ConfigOf<S>>;
export function definePlugin<Config = Record<string, unknown>>(plugin: Plugin<Config>): Plugin<Config>;
export function definePlugin<Config>(plugin: Plugin<Config>): Plugin<Config> {
  return plugin;
}

/** The verdict that nothing here needs the host. */
export function idle(reason: string, details?: Record<string, unknown>): Verdict {
  return { is_idle: true, reason, ...(details && { details }) };
}

/** The verdict that the host is needed. */
export function busy(reason: string, details?: Record<string, unknown>): Verdict {
  return { is_idle: false, reason, ...(details && { details }) };
}

/** Idle or busy with the same reason. */
export function idleIf(isIdle: boolean, reason: string, details?: Record<string, unknown>): Verdict {
  return (isIdle ? idle : busy)(reason, details);
}
