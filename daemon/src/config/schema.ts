import { EVENT_TYPE_PATTERN } from './patterns.ts';
import type { Schema } from './validator.ts';

const threshold = (defaultValue: number | null, description: string): Schema => ({
  type: ['number', 'null'],
  minimum: 0,
  default: defaultValue,
  description,
});
const positive = (defaultValue: number, description: string): Schema => ({
  type: 'number',
  exclusiveMinimum: 0,
  default: defaultValue,
  description,
});
const flag = (defaultValue: boolean, description: string): Schema => ({
  type: 'boolean',
  default: defaultValue,
  description,
});
const section = (properties: Schema, description: string): Schema => ({
  type: 'object',
  additionalProperties: false,
  default: {},
  properties,
  description,
});
const onError: Schema = { enum: ['busy', 'ignore'], description: 'what it counts as when it cannot tell' };

const monitor = section(
  { enabled: { type: 'boolean' }, threshold: { type: ['number', 'null'], minimum: 0 }, on_error: onError },
  'one monitor; `threshold` here wins over the flat key',
);

const clock: Schema = { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: 'a time as HH:MM' };

const pluginInstance: Schema = {
  type: 'object',
  properties: {
    enabled: { type: 'boolean' },
    plugin: { type: 'string', minLength: 1 },
    role: { enum: ['check', 'inform'] },
    weight: { type: 'number', minimum: 0 },
    on_error: onError,
    interval_seconds: { type: 'number', exclusiveMinimum: 0 },
    events: {
      type: 'object',
      propertyNames: { pattern: EVENT_TYPE_PATTERN },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          enabled: { type: 'boolean' },
          priority: { type: 'integer' },
          mode: { enum: ['handle', 'observe'] },
          timeout_seconds: { type: 'number', exclusiveMinimum: 0 },
        },
      },
    },
  },
};

/** The JSON Schema of the whole configuration, defaults included; `Config` is its type. */
export const CONFIG_SCHEMA: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    check_interval_seconds: { type: 'number', minimum: 0.1, default: 60, description: 'seconds between two checks' },
    naptime_minutes: positive(30, 'how long the host must stay idle'),
    warning_minutes: {
      type: 'number',
      minimum: 0,
      default: 2,
      description: 'how long before a snooze it is announced',
    },
    boot_grace_minutes: { type: 'number', minimum: 0, default: 5, description: 'no snooze for so long after a boot' },
    idle_policy: { enum: ['all', 'any', 'quorum'], default: 'all', description: "how verdicts become the host's" },
    quorum: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'share of the weight that must be idle',
    },
    action: { enum: ['stop', 'poweroff', 'exec', 'none'], default: 'stop', description: 'what a snooze does' },
    exec_command: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      description: 'program and arguments of action "exec"',
    },
    dry_run: flag(false, 'decide everything, do nothing'),
    cpu_threshold_percent: threshold(10, 'idle at or under this much CPU'),
    memory_threshold_percent: threshold(30, 'idle at or under this much memory'),
    network_threshold_kbps: threshold(50, 'idle at or under this many KiB/s, in and out'),
    disk_io_threshold_kbps: threshold(100, 'idle at or under this many KiB/s, read and written'),
    load_threshold: threshold(null, 'idle at or under this 1-minute load'),
    input_idle_threshold_secs: threshold(900, 'idle when the last input is at least so long ago'),
    gpu_monitoring_enabled: flag(true, 'whether GPUs are looked at'),
    gpu_threshold_percent: threshold(5, 'idle when the busiest GPU is at or under this'),
    monitors: section(
      Object.fromEntries(['cpu', 'memory', 'network', 'disk', 'load', 'input', 'gpu'].map((name) => [name, monitor])),
      'per monitor: enabled, threshold, on_error',
    ),
    enable_instance_tags: flag(true, 'tag the instance before it is stopped'),
    detailed_instance_tags: flag(false, 'also with what was measured'),
    tagging_prefix: { type: 'string', minLength: 1, default: 'CloudSnooze', description: 'what the tags begin with' },
    aws_region: { type: 'string', default: '', description: 'empty: ask the metadata service' },
    provider_type: { enum: ['', 'aws', 'local'], default: '', description: 'empty: find out' },
    allow_auto_scaling_member: flag(false, 'stop a member of an Auto Scaling group, which will replace it'),
    allow_instance_store_loss: flag(false, 'stop a host whose instance-store disks lose their data'),
    schedule: {
      type: 'array',
      default: [],
      description: 'windows of the week in which no snooze begins',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['days', 'from', 'to'],
        properties: {
          name: { type: 'string' },
          days: { type: 'array', minItems: 1, items: { enum: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] } },
          from: clock,
          to: clock,
        },
      },
    },
    events: section(
      {
        enabled: flag(true, 'whether cloud events are watched for'),
        spot_poll_seconds: {
          type: 'number',
          minimum: 1,
          default: 5,
          description: 'how often a spot notice is asked for',
        },
        reserve_seconds: { type: 'number', minimum: 0, default: 2, description: "kept back of an event's deadline" },
        types: {
          type: 'object',
          default: {},
          propertyNames: { pattern: EVENT_TYPE_PATTERN },
          additionalProperties: {
            type: 'object',
            additionalProperties: false,
            properties: { enabled: { type: 'boolean' }, dispatch: { enum: ['all', 'first'] } },
          },
        },
      },
      'cloud events',
    ),
    logging: section(
      {
        level: { enum: ['trace', 'debug', 'info', 'warn', 'error'], default: 'info' },
        format: { enum: ['auto', 'json', 'text'], default: 'auto', description: 'auto: readable on a terminal' },
      },
      'the log, on standard output',
    ),
    plugins: section(
      {
        enabled: flag(true, 'whether plugins are used at all'),
        directories: {
          type: 'array',
          items: { type: 'string' },
          default: [],
          description: 'where else to look for plugins',
        },
        external_repositories: {
          type: 'array',
          default: [],
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['name', 'url'],
            properties: {
              name: { type: 'string' },
              url: { type: 'string' },
              description: { type: 'string' },
              trusted: { type: 'boolean' },
            },
          },
        },
        plugin_configs: {
          type: 'object',
          default: {},
          propertyNames: { pattern: '^[a-z][a-z0-9-]{0,63}$' },
          additionalProperties: pluginInstance,
          description: 'by instance name; own keys of the plugin stand beside the reserved ones',
        },
      },
      'plugins',
    ),
  },
};
