import { eventTypes, flag, percent, section, threshold } from './schema-parts.ts';
import type { Schema } from './validator.ts';

/** 1 to 65535. */
const PORT_PATTERN = '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';

const held = (defaultSeconds: number): Schema => ({
  type: 'number',
  minimum: 0,
  maximum: 86_400,
  default: defaultSeconds,
  description: 'how long it must be so, before an event begins or ends',
});

const SOURCES_SCHEMA: Schema = section(
  {
    azure: section(
      {
        poll_seconds: {
          type: 'number',
          minimum: 1,
          maximum: 20, // a preemption comes thirty seconds ahead
          default: 1,
          description: 'how often the scheduled events are asked for',
        },
        start_requests: flag(false, 'whether Azure is told to begin as soon as every handler is done'),
      },
      'Azure scheduled events',
    ),
    queue: section(
      {
        url: {
          type: ['string', 'null'],
          default: null,
          pattern: '^https?://',
          description: 'an SQS queue with events of EventBridge for this host',
        },
        hook_minutes: {
          type: 'number',
          minimum: 1,
          maximum: 2_880, // the longest that Auto Scaling waits
          default: 10,
          description: 'how long handlers may take while an Auto Scaling lifecycle hook is held for them',
        },
      },
      'EC2 events from a queue',
    ),
    disk: section(
      {
        enabled: flag(true, 'whether disk space is watched'),
        free_percent: percent(5, 'too little at or under this much of a disk'),
        free_mib: threshold(null, 'too little at or under this many MiB'),
        mounts: {
          type: 'array',
          default: [],
          items: { type: 'string', pattern: '^/', description: 'a path that begins with /' },
          description: 'the mounts to watch; every local disk where it is empty',
        },
        hold_seconds: held(0),
      },
      'system.disk.low',
    ),
    memory: section(
      {
        enabled: flag(true, 'whether memory pressure is watched'),
        some_percent: percent(40, 'too much at or over this share of a minute in which some task waited for memory'),
        full_percent: percent(10, 'too much at or over this share of a minute in which every task did'),
        oom_kills: flag(true, 'whether a process that the kernel ends for want of memory is an event'),
        hold_seconds: held(0),
      },
      'system.memory.pressure',
    ),
    cpu: section(
      {
        enabled: flag(true, 'whether a busy CPU is watched'),
        percent: percent(95, 'too busy at or over this'),
        load_per_cpu: threshold(null, 'too busy at or over this 1-minute load for each CPU'),
        hold_seconds: held(300),
      },
      'system.cpu.high',
    ),
    network: section(
      {
        enabled: flag(true, 'whether the loss of the network is watched'),
        address: {
          type: ['string', 'null'],
          default: null,
          pattern: `^(\\[[0-9a-fA-F:.]+\\]|[^:\\s]+):${PORT_PATTERN}$`,
          description:
            'a host:port, with a port of 1 to 65535, that must be reachable; else a default route must be there',
        },
        hold_seconds: held(30),
      },
      'system.network.down',
    ),
    spool: section(
      { enabled: flag(true, 'whether events are taken from <state_dir>/events.d') },
      'files that other programs move there',
    ),
    webhook: section(
      {
        enabled: flag(false, 'whether events are taken over HTTP, from this host alone'),
        port: { type: 'integer', minimum: 1, maximum: 65_535, default: 8975, description: 'on 127.0.0.1' },
        token: {
          type: ['string', 'null'],
          minLength: 16,
          default: null,
          description: 'what a sender must know; best a variable of the environment',
        },
      },
      'POST /events with the token as bearer',
    ),
  },
  'where events come from',
);

export const EVENTS_SCHEMA: Schema = section(
  {
    enabled: flag(true, 'whether cloud events are watched for'),
    tell_people: flag(true, 'whether people on their terminals are told that the cloud takes this host away'),
    spot_poll_seconds: {
      type: 'number',
      minimum: 1,
      maximum: 60, // a notice comes two minutes ahead
      default: 5,
      description: 'how often a spot notice is asked for',
    },
    reserve_seconds: {
      type: 'number',
      minimum: 0,
      maximum: 60,
      default: 2,
      description: "kept back of an event's deadline",
    },
    sources: SOURCES_SCHEMA,
    types: {
      type: 'object',
      default: {},
      description: 'by event type',
      propertyNames: eventTypes,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          enabled: { type: 'boolean', description: 'whether events of this type are taken' },
          dispatch: { enum: ['all', 'first'], description: 'every handler, or down to the first that handles it' },
          lead_minutes: {
            type: 'number',
            minimum: 0,
            maximum: 43_200,
            description: 'dispatched so long before its deadline where the notice comes earlier',
          },
          handlers: {
            type: 'object',
            description: 'by plugin instance, over what its manifest says',
            additionalProperties: {
              type: 'object',
              additionalProperties: false,
              properties: {
                enabled: { type: 'boolean', description: 'whether it gets these events' },
                priority: { type: 'integer', description: 'higher comes first' },
                timeout_seconds: { type: 'number', exclusiveMinimum: 0, description: 'how long it may take' },
              },
            },
          },
        },
      },
    },
  },
  'cloud events',
);
