import { EVENTS_SCHEMA } from './events-schema.ts';
import { enabled, eventTypes, flag, percent, section, threshold } from './schema-parts.ts';
import type { Schema } from './validator.ts';

/** A number of minutes beyond every plan is a slip, and one beyond the calendar is no time of day. */
const MINUTES_OF_A_YEAR = 525_600;

const onError: Schema = { enum: ['busy', 'ignore'], description: 'what it counts as when it cannot tell' };

const monitor = section(
  {
    enabled: enabled('it'),
    threshold: { type: ['number', 'null'], minimum: 0, description: 'instead of the flat key; null turns it off' },
    on_error: onError,
  },
  'one monitor; `threshold` here wins over the flat key',
);

const clock: Schema = { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: 'a time as HH:MM' };

const pluginInstance: Schema = {
  type: 'object',
  properties: {
    enabled: enabled('this instance'),
    plugin: { type: 'string', minLength: 1, description: 'whose instance it is; the plugin of its name if left out' },
    role: { enum: ['check', 'inform'], description: 'check: has a say in the verdict; inform: is shown only' },
    weight: { type: 'number', minimum: 0, description: 'how much its verdict counts under idle_policy "quorum"' },
    on_error: onError,
    interval_seconds: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 86_400,
      description: 'seconds between two checks of it',
    },
    events: {
      type: 'object',
      description: 'how it handles events, by event type',
      propertyNames: eventTypes,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          enabled: { type: 'boolean', description: 'whether it gets these events' },
          priority: { type: 'integer', description: 'higher comes first' },
          mode: { enum: ['handle', 'observe'], description: 'observe: always told, never ends the chain' },
          timeout_seconds: { type: 'number', exclusiveMinimum: 0, maximum: 3600, description: 'how long it may take' },
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
    $schema: { type: 'string', description: 'where an editor finds this schema' },
    check_interval_seconds: {
      type: 'number',
      minimum: 0.1,
      maximum: 3600,
      default: 60,
      description: 'seconds between two checks',
    },
    naptime_minutes: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: MINUTES_OF_A_YEAR,
      default: 30,
      description: 'how long the host must stay idle',
    },
    warning_minutes: {
      type: 'number',
      minimum: 0,
      default: 2,
      description: 'how long before a snooze it is announced',
    },
    boot_grace_minutes: {
      type: 'number',
      minimum: 0,
      maximum: MINUTES_OF_A_YEAR,
      default: 5,
      description: 'no snooze for so long after a boot',
    },
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
    cpu_threshold_percent: percent(10, 'idle at or under this much CPU'),
    memory_threshold_percent: percent(30, 'idle at or under this much memory'),
    network_threshold_kbps: threshold(50, 'idle at or under this many KiB/s, in and out'),
    disk_io_threshold_kbps: threshold(100, 'idle at or under this many KiB/s, read and written'),
    load_threshold: threshold(null, 'idle at or under this 1-minute load'),
    input_idle_threshold_secs: threshold(900, 'idle when the last input is at least so long ago'),
    gpu_monitoring_enabled: flag(true, 'whether GPUs are looked at'),
    gpu_threshold_percent: percent(5, 'idle when the busiest GPU is at or under this'),
    monitors: section(
      Object.fromEntries(['cpu', 'memory', 'network', 'disk', 'load', 'input', 'gpu'].map((name) => [name, monitor])),
      'per monitor: enabled, threshold, on_error',
    ),
    enable_instance_tags: flag(true, 'tag the instance before it is stopped'),
    detailed_instance_tags: flag(false, 'also with what was measured'),
    tagging_prefix: { type: 'string', minLength: 1, default: 'CloudSnooze', description: 'what the tags begin with' },
    aws_region: { type: 'string', default: '', description: 'empty: ask the metadata service' },
    provider_type: { enum: ['', 'aws', 'azure', 'gcp', 'local'], default: '', description: 'empty: find out' },
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
          name: { type: 'string', description: 'shown where it keeps the host awake' },
          days: {
            type: 'array',
            minItems: 1,
            items: { enum: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] },
            description: 'the days on which it begins',
          },
          from: clock,
          to: clock,
        },
      },
    },
    events: EVENTS_SCHEMA,
    metrics: section(
      {
        enabled: flag(false, 'whether GET /metrics is answered, to this host alone'),
        port: { type: 'integer', minimum: 1, maximum: 65_535, default: 9188, description: 'on 127.0.0.1' },
      },
      'metrics for Prometheus',
    ),
    logging: section(
      {
        level: {
          enum: ['trace', 'debug', 'info', 'warn', 'error'],
          default: 'info',
          description: 'the least that is logged',
        },
        format: { enum: ['auto', 'json', 'text'], default: 'auto', description: 'auto: readable on a terminal' },
      },
      'the log, on standard output',
    ),
    plugins: section(
      {
        enabled: flag(true, 'whether plugins are used at all'),
        sandbox: {
          enum: ['auto', 'require', 'off'],
          default: 'auto',
          description:
            'keep plugins to what their manifest asks for: as well as this host can, only where it can, or not',
        },
        directories: {
          type: 'array',
          items: { type: 'string' },
          default: [],
          description: 'where else to look for plugins',
        },
        trusted_keys: {
          type: 'array',
          items: {
            type: 'string',
            pattern: '^RW[A-Za-z0-9+/]{54}$',
            description: 'a public key of minisign: 56 characters that begin with RW',
          },
          default: [],
          description: 'public keys of minisign: whose packages are trusted',
        },
        require_signature: flag(false, 'install only what a trusted key has signed'),
        npm_registry: {
          type: 'string',
          default: '',
          description: "where npm packages are fetched from, a URL; empty for npm's own registry",
        },
        external_repositories: {
          type: 'array',
          default: [],
          description: 'where plugins can be had',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['name', 'url'],
            properties: {
              name: { type: 'string', description: 'what it is called here' },
              url: { type: 'string', description: 'where it is' },
              description: { type: 'string', description: 'what it has, for people' },
              trusted: {
                type: 'boolean',
                description:
                  'whether updates from it are installed without a question where they ask for no more than before',
              },
            },
          },
        },
        plugin_configs: {
          type: 'object',
          default: {},
          propertyNames: {
            pattern: '^[a-z][a-z0-9-]{0,63}$',
            description: 'an instance name of small letters, digits and dashes',
          },
          additionalProperties: pluginInstance,
          description: 'by instance name; own keys of the plugin stand beside the reserved ones',
        },
      },
      'plugins',
    ),
  },
};
