import type { OnError } from '../idle/check.ts';

/** The whole configuration in force: defaults < file < `SNOOZE_*` environment < flags. Keys as in the file. */
export type Config = {
  check_interval_seconds: number;
  naptime_minutes: number;
  warning_minutes: number;
  boot_grace_minutes: number;
  idle_policy: 'all' | 'any' | 'quorum';
  /** Share of the total weight, over 0 to 1, that must be idle under `quorum`. */
  quorum: number;
  action: 'stop' | 'poweroff' | 'exec' | 'none';
  /** Program and arguments of action `exec`. */
  exec_command: string[];
  dry_run: boolean;

  /** A threshold of null turns its check off. */
  cpu_threshold_percent: number | null;
  memory_threshold_percent: number | null;
  network_threshold_kbps: number | null;
  disk_io_threshold_kbps: number | null;
  load_threshold: number | null;
  input_idle_threshold_secs: number | null;
  gpu_monitoring_enabled: boolean;
  gpu_threshold_percent: number | null;
  /** Per monitor; `threshold` here wins over the flat key. */
  monitors: Record<string, MonitorConfig>;

  enable_instance_tags: boolean;
  detailed_instance_tags: boolean;
  tagging_prefix: string;
  /** Empty: ask the metadata service. */
  aws_region: string;
  /** `aws` | `local`; empty: find out. */
  provider_type: '' | 'aws' | 'azure' | 'gcp' | 'local';
  /** Stop even a member of an Auto Scaling group / a host with instance-store disks. */
  allow_auto_scaling_member: boolean;
  allow_instance_store_loss: boolean;

  /** Windows of the week, local time, in which no snooze begins. */
  schedule: ScheduleWindow[];
  events: EventsConfig;
  metrics: { enabled: boolean; port: number };
  logging: { level: LogLevel; format: LogFormat };
  plugins: PluginsConfig;
};

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';
/** `auto`: readable on a terminal, one JSON object a line otherwise. */
export type LogFormat = 'auto' | 'json' | 'text';

export type MonitorConfig = { enabled?: boolean; threshold?: number | null; on_error?: OnError };

export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';
/** `from` and `to` as HH:MM; a window whose `to` is not after `from` ends on the next day. */
export type ScheduleWindow = { name?: string; days: Weekday[]; from: string; to: string };

export type EventsConfig = {
  enabled: boolean;
  /** Write to the terminals of those who are logged in that the cloud takes this host away. */
  tell_people: boolean;
  /** How often the metadata service is asked for a spot notice. */
  spot_poll_seconds: number;
  /** Kept back of an event's deadline for what comes after the last handler. */
  reserve_seconds: number;
  sources: SourcesConfig;
  /** Per event type. */
  types: Record<string, EventTypeConfig>;
};

/** Where events come from; a threshold of null is none. */
export type SourcesConfig = {
  azure: { poll_seconds: number; start_requests: boolean };
  queue: { url: string | null; hook_minutes: number };
  disk: {
    enabled: boolean;
    free_percent: number | null;
    free_mib: number | null;
    mounts: string[];
    hold_seconds: number;
  };
  memory: {
    enabled: boolean;
    some_percent: number | null;
    full_percent: number | null;
    oom_kills: boolean;
    hold_seconds: number;
  };
  cpu: { enabled: boolean; percent: number | null; load_per_cpu: number | null; hold_seconds: number };
  network: { enabled: boolean; address: string | null; hold_seconds: number };
  spool: { enabled: boolean };
  webhook: { enabled: boolean; port: number; token: string | null };
};

export type EventTypeConfig = {
  enabled?: boolean;
  dispatch?: 'all' | 'first';
  /** Minutes before its deadline at which an event that was told earlier is dispatched. */
  lead_minutes?: number;
  /** By instance name; stronger than what the manifest and the instance say. */
  handlers?: Record<string, { enabled?: boolean; priority?: number; timeout_seconds?: number }>;
};

export type PluginsConfig = {
  enabled: boolean;
  /** `auto`: as well as the host can; `require`: no plugin runs without bubblewrap; `off`: not at all. */
  sandbox: 'auto' | 'require' | 'off';
  /** Searched before the standard folders. */
  directories: string[];
  /** minisign's public keys, base64, of those whose packages are trusted. */
  trusted_keys: string[];
  /** Install only what one of them has signed. */
  require_signature: boolean;
  /** Where npm packages are fetched from; empty for npm's own registry. */
  npm_registry: string;
  external_repositories: { name: string; url: string; description?: string; trusted?: boolean }[];
  /** By instance name. */
  plugin_configs: Record<string, PluginInstanceConfig>;
};

/** Reserved keys, and beside them the plugin's own, checked against its `config_schema`. */
export type PluginInstanceConfig = {
  enabled?: boolean;
  plugin?: string;
  /** `check` (default) has a say in the verdict, `inform` is asked and shown only. */
  role?: 'check' | 'inform';
  weight?: number;
  on_error?: OnError;
  interval_seconds?: number;
  events?: Record<
    string,
    { enabled?: boolean; priority?: number; mode?: 'handle' | 'observe'; timeout_seconds?: number }
  >;
  [own: string]: unknown;
};

/** A config, and where its parts came from, for `snooze config show` and for messages. */
export type LoadedConfig = {
  config: Config;
  /** The config as it may be shown: what comes from a variable stands there by the variable's name, as in the file. */
  shown: Config;
  /** The file that was read, or null where there is none. */
  file: string | null;
  /** Dotted key → where its value came from; keys left out are defaults. */
  origins: Readonly<Record<string, 'file' | 'environment' | 'flag'>>;
  /** The variable or the flag that has set a key, or a section it is in, and so wins over the file. */
  nameOf(key: string): string | undefined;
};
