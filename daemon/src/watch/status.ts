import { type Clock, rfc3339 } from '../clock.ts';
import type { Identity, SafetyFinding } from '../cloud/provider.ts';
import type { Config } from '../config/config.ts';
import type { Status, StatusCheck, StatusState } from '../control/api.ts';
import type { CheckResult, Inhibition } from '../idle/check.ts';
import { snoozeAtBootMs, type TrackerSettings } from '../idle/tracker.ts';
import type { Monitor } from '../monitors/monitor.ts';
import type { PluginSummary } from '../plugins/host.ts';
import { VERSION } from '../version.ts';
import type { WatchSnapshot } from './watcher.ts';

/** Everything that `snooze status` is made of. */
export type StatusInputs = {
  snapshot: WatchSnapshot;
  settings: TrackerSettings;
  inhibitions: Inhibition[];
  monitors: readonly Monitor[];
  config: Config;
  configFile: string | null;
  configError: string | null;
  plugins: PluginSummary[];
  events: Status['events'];
  safety: SafetyFinding[];
  provider: string;
  identity: Identity | null;
  startedBootMs: number;
  clock: Clock;
};

/** Makes the status: pure but for the clock, which is read once. */
export function buildStatus(inputs: StatusInputs): Status {
  const { snapshot, settings, config, clock } = inputs;
  const nowBootMs = clock.bootMs();
  const toWall = (bootMs: number) => rfc3339(clock.wallMs() + bootMs - nowBootMs);
  const idleSince = 'idleSinceBootMs' in snapshot.tracker ? snapshot.tracker.idleSinceBootMs : null;
  const snoozeAt = inputs.inhibitions.length > 0 ? null : snoozeAtBootMs(snapshot.tracker, settings);
  const backoff = inputs.inhibitions.find((inhibition) => inhibition.kind === 'backoff');
  return {
    state: stateOf(snapshot, inputs.inhibitions),
    idle_since: idleSince === null ? null : toWall(idleSince),
    idle_seconds: idleSince === null ? 0 : Math.max(0, Math.round((nowBootMs - idleSince) / 1000)),
    naptime_seconds: settings.naptimeMs / 1000,
    snooze_at: snoozeAt === null ? null : toWall(Math.max(snoozeAt, nowBootMs)),
    reason: snapshot.round?.host.reason ?? 'the first check has not been made yet',
    next: whatIsNext(inputs, snoozeAt === null ? null : snoozeAt - nowBootMs),
    checks: (snapshot.round?.checks ?? []).map((check) => statusCheck(check, inputs.monitors, nowBootMs)),
    inhibitors: inputs.inhibitions.map(({ kind, name, reason, untilBootMs }) => ({
      kind,
      name,
      reason,
      until: untilBootMs === null ? null : toWall(untilBootMs),
    })),
    plugins: inputs.plugins,
    events: inputs.events,
    safety: inputs.safety,
    last_failure: snapshot.lastFailure
      ? {
          at: rfc3339(snapshot.lastFailure.wallMs),
          message: snapshot.lastFailure.message,
          retry_at: backoff?.untilBootMs != null ? toWall(backoff.untilBootMs) : null,
        }
      : null,
    provider: inputs.provider,
    instance: inputs.identity,
    idle_policy: config.idle_policy,
    action: config.action,
    dry_run: config.dry_run,
    config_file: inputs.configFile,
    config_error: inputs.configError,
    version: VERSION,
    uptime_seconds: Math.round((nowBootMs - inputs.startedBootMs) / 1000),
    pid: process.pid,
  };
}

function stateOf({ round, tracker }: WatchSnapshot, inhibitions: Inhibition[]): StatusState {
  if (round === undefined) return 'starting';
  return tracker.phase === 'idle' && inhibitions.length > 0 ? 'inhibited' : tracker.phase;
}

function whatIsNext({ snapshot, config, inhibitions }: StatusInputs, untilSnoozeMs: number | null): string {
  const act = config.dry_run
    ? `the action "${config.action}" is rehearsed (dry run)`
    : `the action "${config.action}" is done`;
  if (snapshot.round === undefined) return 'the first check follows within seconds';
  if (snapshot.tracker.phase === 'snoozing') return 'the host is about to go down';
  if (snapshot.round.host.verdict === 'busy') {
    return `nothing until it is idle; then ${minutes(config.naptime_minutes * 60_000)} must pass`;
  }
  const [inhibition] = inhibitions;
  if (inhibition !== undefined) return `no snooze while this holds: ${inhibition.reason}`;
  if (untilSnoozeMs === null) return 'the count begins with the next check';
  return `in ${minutes(Math.max(0, untilSnoozeMs))} ${act}, if it stays idle`;
}

function minutes(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function statusCheck(check: CheckResult, monitors: readonly Monitor[], nowBootMs: number): StatusCheck {
  return {
    name: check.name,
    kind: check.kind,
    verdict: check.verdict,
    value: check.value,
    threshold: check.threshold,
    unit: check.unit,
    idle_when: check.kind === 'monitor' ? (monitors.find(({ name }) => name === check.name)?.idleWhen ?? null) : null,
    reason: check.reason,
    counts: check.counts,
    age_seconds: Math.max(0, Math.round((nowBootMs - check.bootMs) / 1000)),
    took_ms: check.tookMs,
  };
}
