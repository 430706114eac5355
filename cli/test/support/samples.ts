import type { ControlMethods, Status, StatusCheck } from '@cloudsnooze/daemon/control/api';

/** The moment at which every sample is taken. */
export const NOW = '2026-11-20T14:19:20.000Z';
export const NOW_MS = Date.parse(NOW);

/** A status of a host that has been idle for 17 min 20 s of 30; `change` overrides parts of it. */
export function sampleStatus(change: Partial<Status> = {}): Status {
  return {
    state: 'idle',
    idle_since: '2026-11-20T14:02:00.000Z',
    idle_seconds: 1040,
    naptime_seconds: 1800,
    snooze_at: '2026-11-20T14:32:00.000Z',
    reason: 'every check is idle',
    next: 'in 12 min 40 s the action "stop" is done, if it stays idle',
    checks: [
      sampleCheck({ name: 'cpu', value: 2, threshold: 10 }),
      sampleCheck({ name: 'memory', value: 21.37, threshold: 30 }),
      sampleCheck({ name: 'network', value: 0.5, threshold: 50, unit: 'KiB/s' }),
      sampleCheck({ name: 'load', value: 0.04, threshold: 1, unit: 'load' }),
      sampleCheck({ name: 'input', value: 1065, threshold: 900, unit: 's', idle_when: 'above' }),
      sampleCheck({ name: 'gpu', value: null, threshold: 5, verdict: 'absent', reason: 'gpu: this host has none' }),
      sampleCheck({ name: 'redis-monitor', kind: 'plugin', reason: '2 clients, at most 5 are idle', took_ms: 4 }),
    ],
    inhibitors: [],
    plugins: [samplePlugin()],
    events: {
      pending: [],
      last: null,
      ahead: [],
      warning: null,
      unwritten: null,
      sources: [{ name: 'ec2-spot', status: 'ok', message: 'no notice', since: '2026-11-20T11:00:00.000Z' }],
    },
    safety: [],
    last_failure: null,
    provider: 'aws',
    instance: {
      provider: 'aws',
      instanceId: 'i-0abc1234def567890',
      instanceType: 'm5.large',
      region: 'eu-west-1',
      availabilityZone: 'eu-west-1a',
      accountId: '123456789012',
      lifecycle: 'on-demand',
    },
    idle_policy: 'all',
    action: 'stop',
    dry_run: false,
    config_file: '/etc/cloudsnooze/snooze.json',
    config_error: null,
    version: '0.1.0',
    uptime_seconds: 11_040,
    pid: 4711,
    ...change,
  };
}

export function sampleCheck(change: Partial<StatusCheck> & { name: string }): StatusCheck {
  return {
    kind: 'monitor',
    verdict: 'idle',
    value: null,
    threshold: null,
    unit: '%',
    idle_when: 'below',
    reason: `${change.name} is idle`,
    counts: true,
    age_seconds: 12,
    took_ms: 0,
    ...change,
  };
}

export function samplePlugin(change: Partial<Status['plugins'][number]> = {}): Status['plugins'][number] {
  return {
    instance: 'redis-monitor',
    plugin: change.instance ?? 'redis-monitor',
    version: '1.0.0',
    directory: '/var/lib/cloudsnooze/plugins/redis-monitor',
    state: 'running',
    cause: 'it is ready',
    since: '2026-11-20T11:00:00.000Z',
    degraded: null,
    next_try: null,
    enabled: true,
    pid: 4712,
    restarts: 0,
    timeouts: 0,
    last_error: null,
    unconfined: null,
    verdict: 'idle',
    reason: '2 clients, at most 5 are idle',
    took_ms: 4,
    ...change,
  };
}

type EventRecord = ControlMethods['events.show']['result'];

/** A spot notice that two handlers have had, one of them in vain. */
export function sampleEvent(change: Partial<EventRecord> = {}): EventRecord {
  return {
    event: {
      id: 'spot-i-0abc-stop',
      type: 'cloud.spot.interrupt',
      source: 'ec2-spot',
      timestamp: '2026-11-20T14:19:00.000Z',
      data: { action: 'stop' },
      severity: 3,
      deadline: '2026-11-20T14:21:00.000Z',
    },
    state: 'done',
    closing: null,
    atWork: [],
    remarks: [],
    durable: true,
    unwritten: null,
    related: [],
    seenAt: '2026-11-20T14:19:00.100Z',
    endedAt: '2026-11-20T14:19:02.500Z',
    outcomes: [
      {
        handler: 'save-work',
        priority: 90,
        status: 'handled',
        startedAt: '2026-11-20T14:19:00.110Z',
        endedAt: '2026-11-20T14:19:01.010Z',
        message: null,
        result: { saved: 3 },
      },
      {
        handler: 'tell-team',
        priority: 50,
        status: 'failed',
        startedAt: '2026-11-20T14:19:01.012Z',
        endedAt: '2026-11-20T14:19:02.490Z',
        message: 'the webhook answered 503',
        result: null,
      },
      {
        handler: 'late-one',
        priority: 10,
        status: 'skipped',
        startedAt: null,
        endedAt: '2026-11-20T14:19:02.495Z',
        message: 'no time was left',
        result: null,
      },
    ],
    ...change,
  };
}

/** A manifest that asks for permissions. */
export const SAMPLE_MANIFEST: ControlMethods['plugin.info']['result']['manifest'] = {
  name: 'redis-monitor',
  version: '1.0.0',
  description: 'Busy while clients are connected to Redis',
  type: 'external',
  exec: { command: 'python3', args: ['redis_monitor.py', '--name', 'my redis'] },
  events: { 'cloud.spot.interrupt': { priority: 50 } },
  permissions: { network: ['127.0.0.1:6379'], read: [], host: ['Host.Log', 'Host.Inhibit'] },
};

type Package = ControlMethods['plugin.install.inspect']['result'];

/** A package that was looked at and is not installed. */
export function samplePackage(change: Partial<Package> = {}): Package {
  return {
    manifest: SAMPLE_MANIFEST,
    source: '/home/ada/redis-monitor',
    integrity: 'sha512-x',
    replaces: null,
    older: false,
    asks: { type: 'external' },
    added: [],
    sandbox: SAMPLE_SANDBOX,
    signed_by: null,
    signature: 'it is not signed: nothing proves who made it',
    ...change,
  };
}

/** A plugin that came from a server, and was signed. */
export const SAMPLE_INSTALLED: NonNullable<ControlMethods['plugin.info']['result']['installed']> = {
  plugin: 'redis-monitor',
  version: '1.0.0',
  folder: '1.0.0-0a1b2c3d',
  source: 'https://plugins.example.org/redis-monitor-1.0.0.tar.gz',
  integrity: 'sha512-x',
  signed_by: '19B70BB5517F2373',
  installed_at: '2026-11-20T09:00:00.000Z',
};

/** How a plugin is kept to its manifest where bubblewrap works. */
export const SAMPLE_SANDBOX: ControlMethods['plugin.info']['result']['sandbox'] = {
  engine: 'bubblewrap',
  why: null,
  permissions: [
    { permission: 'network', level: 'declared', words: 'connects to 127.0.0.1:6379' },
    { permission: 'other processes', level: 'enforced', words: 'sees none' },
  ],
};
