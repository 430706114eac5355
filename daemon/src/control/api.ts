import type { Identity, SafetyFinding } from '../cloud/provider.ts';
import type { EventRecord, PendingEvent, Severity } from '../events/event.ts';
import type { Sent } from '../events/intake.ts';
import type { CheckResult } from '../idle/check.ts';
import type { Asks } from '../install/approval.ts';
import type { InstalledPlugin } from '../install/installed.ts';
import type { PluginDetails, PluginSummary } from '../plugins/host.ts';
import type { CommandResult, Diagnosis } from '../plugins/instance/answers.ts';
import type { Manifest } from '../plugins/manifest/manifest.ts';
import type { LogLine } from '../plugins/records/log-book.ts';
import type { SlowCall } from '../plugins/records/slow-log.ts';
import type { SandboxReport } from '../plugins/sandbox/enforcement.ts';
import type { HistoryEntry, HistoryKind } from '../store/store.ts';

/** From a record, so that the compiler misses none. */
export const HISTORY_KINDS = Object.keys({
  snooze: true,
  'snooze-failed': true,
  veto: true,
  resume: true,
  event: true,
  plugin: true,
  config: true,
  daemon: true,
} satisfies Record<HistoryKind, true>);

/** A check as `snooze status --json` shows it. */
export type StatusCheck = {
  name: string;
  kind: 'monitor' | 'plugin';
  verdict: CheckResult['verdict'];
  value: number | null;
  threshold: number | null;
  unit: string | null;
  /** Whether values at or under (`below`) or at or over (`above`) the threshold are idle. */
  idle_when: 'below' | 'above' | null;
  reason: string;
  /** Whether it has a say in the host's verdict. */
  counts: boolean;
  age_seconds: number;
  took_ms: number;
};

export type StatusState = 'starting' | 'active' | 'idle' | 'warning' | 'inhibited' | 'snoozing';

/** What `snooze status --json` prints: the answer to "is it idle, why not, what happens next, when". */
export type Status = {
  state: StatusState;
  /** RFC 3339 UTC, or null while busy. */
  idle_since: string | null;
  idle_seconds: number;
  naptime_seconds: number;
  /** When the host is stopped if nothing changes (RFC 3339 UTC); null where nothing is scheduled. */
  snooze_at: string | null;
  /** One sentence: why it is in this state. */
  reason: string;
  /** One sentence: what happens next, and when. */
  next: string;
  checks: StatusCheck[];
  inhibitors: { kind: string; name: string; reason: string; until: string | null }[];
  plugins: PluginSummary[];
  events: {
    pending: PendingEvent[];
    /** Those of the cloud whose time is still to come, and for which no handler has anything left to do. */
    ahead: EventRecord[];
    last: EventRecord | null;
    sources: { name: string; status: string; message: string; since: string }[];
    /** What is wrong with how this host is prepared for its end. */
    warning: string | null;
    /** That memory alone holds some, and why. */
    unwritten: string | null;
  };
  safety: SafetyFinding[];
  /** The last snooze that failed and has not succeeded since. */
  last_failure: { at: string; message: string; retry_at: string | null } | null;
  provider: string;
  instance: Identity | null;
  idle_policy: string;
  action: string;
  dry_run: boolean;
  config_file: string | null;
  /** Why the config file on disk is not the one in force, if so. */
  config_error: string | null;
  version: string;
  uptime_seconds: number;
  pid: number;
};

/** What a person is asked about before a package is installed. */
export type InspectedPackage = {
  manifest: Manifest;
  source: string;
  /** `sha512-…` of the package. */
  integrity: string;
  /** The version that it would replace, and what it asks for that was not approved with this one. */
  replaces: string | null;
  /** Whether it is a version before that one. */
  older: boolean;
  added: string[];
  /** What it asks for; `finish` is given it back as `approved` by whoever approves of it. */
  asks: Asks;
  /** What it may do, and whether this host holds it to that. */
  sandbox: SandboxReport;
  /** The id of the key that has signed it, or null; and both in words. */
  signed_by: string | null;
  signature: string;
};

/** An event, whether all of it is on disk, and the other stages of its incident. */
export type EventDetails = EventRecord & {
  durable: boolean;
  /** Why it is not, in words. */
  unwritten: string | null;
  related: { id: string; type: string; state: EventRecord['state']; seenAt: string }[];
};

/** Who is called for one event type, in the order of their turn. */
export type HandlerTable = {
  type: string;
  title: string;
  dispatch: 'all' | 'first';
  enabled: boolean;
  handlers: {
    instance: string;
    priority: number;
    mode: 'handle' | 'observe';
    timeout_seconds: number;
    /** What is wrong with it; it is called all the same. */
    problem: string | null;
  }[];
  /** Plugins that know the type and are not called. */
  not_called: { instance: string; reason: string }[];
  warning: string | null;
};

/** Every call of the control socket: what it takes and what it returns. */
export type ControlMethods = {
  version: { params: Record<string, never>; result: { version: string; protocol: number; node: string; pid: number } };
  status: { params: Record<string, never>; result: Status };
  /** The Prometheus text exposition format 0.0.4. */
  metrics: { params: Record<string, never>; result: { text: string } };
  'plugin.list': { params: Record<string, never>; result: PluginSummary[] };
  'plugin.info': {
    params: { name: string };
    result: {
      summary: PluginSummary;
      manifest: Manifest;
      config: Record<string, unknown>;
      sandbox: SandboxReport;
      /** Where it is from; null where snooze did not install it. */
      installed: InstalledPlugin | null;
    };
  };
  /** A gzipped tarball in chunks: `begin` gives an id, `chunk` sends base64, `finish` builds it and puts it in force. */
  'plugin.install.begin': { params: { source: string; signature?: string }; result: { upload: string } };
  'plugin.install.chunk': { params: { upload: string; base64: string }; result: Record<string, never> };
  /** Unpacks and checks what was sent; nothing of it has run, and nothing is in force. */
  'plugin.install.inspect': { params: { upload: string }; result: InspectedPackage };
  'plugin.install.cancel': { params: { upload: string }; result: Record<string, never> };
  /** `update` is the command that has fetched it again; without it, it was installed. */
  'plugin.install.finish': {
    params: { upload: string; approved?: Asks; update?: 'update' | 'update-all' };
    result: {
      manifest: Manifest;
      directory: string;
      replaced: string | null;
      enabled: boolean;
      hidden_by: string | null;
    };
  };
  /** The plugins that snooze installed, where each is from, and what is not as it was installed, in words, if anything. */
  'plugin.installed': { params: Record<string, never>; result: (InstalledPlugin & { changed: string | null })[] };
  /** Puts the version before the one in force in force again. */
  'plugin.rollback': { params: { name: string }; result: { from: string; to: string } };
  /**
   * `kept` tells in words what stays, which is nothing after `purge`; `directory` is null where only that was left, or
   * where the name was one use of the plugin `use_of`, which stays.
   */
  'plugin.uninstall': {
    params: { name: string; purge?: boolean };
    result: { directory: string | null; kept: string[]; use_of: string | null };
  };
  /** Waits for the first verdict; null for a plugin that only handles events. */
  'plugin.enable': { params: { name: string }; result: { summary: PluginSummary; first: CheckResult | null } };
  /** Starts it again and waits for its first verdict. */
  'plugin.restart': { params: { name: string }; result: { summary: PluginSummary; first: CheckResult | null } };
  'plugin.diagnose': { params: { name: string; categories: string[] }; result: Diagnosis };
  'plugin.run': { params: { name: string; command: string; args: string[] }; result: CommandResult };
  /** A text of null takes a key back to its default. Nothing is written where one does not fit. */
  'plugin.configure': {
    params: { name: string; settings: { key: string; text: string | null }[] };
    result: { changes: { key: string; before: unknown; after: unknown }[]; summary: PluginSummary };
  };
  /** What takes a moment to find out of a plugin that is in use. */
  'plugin.details': { params: { name: string }; result: PluginDetails };
  /** What it said last; waits for a line after `after` where there is none and `wait_seconds` is not 0. */
  'plugin.logs': {
    params: { name: string; after: number; limit: number; wait_seconds: number };
    result: { lines: LogLine[] };
  };
  /** The slowest calls, after the threshold was set; `reset` empties the list when it has been read. */
  'plugin.slowlog': {
    params: { limit: number; threshold_ms?: number; reset?: boolean };
    result: { threshold_ms: number; calls: SlowCall[] };
  };
  'plugin.disable': { params: { name: string }; result: { summary: PluginSummary } };
  /**
   * Newest first, from the one after `before`, or those of `ids` in their order; fewer than `limit` where more would not
   * fit into one answer.
   */
  'events.list': { params: { limit: number; before?: string; ids?: string[] }; result: EventRecord[] };
  'events.show': { params: { id: string }; result: EventDetails };
  'events.send': {
    params: {
      id?: string;
      type: string;
      data: Record<string, unknown>;
      severity?: Severity;
      deadline_seconds?: number;
    };
    result: Sent;
  };
  /** Takes an event back; the handlers that ran are told. */
  'events.cancel': { params: { id: string; reason: string }; result: { id: string } };
  /** Takes an event as dealt with. */
  'events.ack': { params: { id: string }; result: { id: string } };
  /** Rehearses a notice of the cloud: `spot`, `rebalance` … */
  'events.rehearse': { params: { kind: string; in_seconds: number }; result: { id: string } };
  /** Of one type where that is given. */
  'events.handlers': { params: { type?: string }; result: HandlerTable[] };
  /** As `events.list`; of one kind where that is given. */
  'history.list': { params: { limit: number; kind?: HistoryKind; before?: number }; result: HistoryEntry[] };
  'config.show': {
    params: Record<string, never>;
    result: { config: Record<string, unknown>; origins: Record<string, string>; file: string | null };
  };
  'config.get': { params: { key: string }; result: { value: unknown; origin: string } };
  /** Edits the file in place (comments survive), checks the whole of it, and puts it in force. */
  'config.set': { params: { key: string; value: unknown }; result: { before: unknown; after: unknown; file: string } };
  'config.reload': { params: Record<string, never>; result: { changed: string[] } };
};

export type ControlMethod = keyof ControlMethods;

/** How a SnoozeError travels: the `data` of a JSON-RPC error. */
export type ControlErrorData = { code: string; hint: string | null };
