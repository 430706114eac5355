import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { changedKeys } from '../../src/config/difference.ts';
import { getByKey, setInText, writeWhole } from '../../src/config/edit.ts';
import { knownKeys } from '../../src/config/environment.ts';
import { checkConfig, type LoadOptions, loadConfig } from '../../src/config/load.ts';
import { locations, pluginSearchPath } from '../../src/config/locations.ts';
import { CONFIG_SCHEMA } from '../../src/config/schema.ts';
import { monitorSettings } from '../../src/config/thresholds.ts';
import { createValidator, nearest } from '../../src/config/validator.ts';
import { SnoozeError } from '../../src/errors.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const options = (change: Partial<LoadOptions> = {}): LoadOptions => ({
  file: 'snooze.json',
  fileRequired: false,
  environment: {},
  flags: {},
  ...change,
});
const check = (text: string, change: Partial<LoadOptions> = {}) => checkConfig(text, options(change));
const faultsOf = (text: string, change: Partial<LoadOptions> = {}): string[] => {
  try {
    check(text, change);
    return [];
  } catch (error) {
    return error instanceof SnoozeError ? error.message.split('\n') : [String(error)];
  }
};

test('defaults are those of the design', () => {
  const { config, file, origins } = loadConfig(options({ file: '/nonexistent/snooze.json' }));
  assert.deepEqual(
    [
      config.check_interval_seconds,
      config.naptime_minutes,
      config.cpu_threshold_percent,
      config.memory_threshold_percent,
      config.network_threshold_kbps,
      config.disk_io_threshold_kbps,
      config.input_idle_threshold_secs,
      config.gpu_threshold_percent,
      config.tagging_prefix,
      config.idle_policy,
      config.action,
      config.dry_run,
      config.plugins.plugin_configs,
    ],
    [60, 30, 10, 30, 50, 100, 900, 5, 'CloudSnooze', 'all', 'stop', false, {}],
  );
  assert.deepEqual([file, origins], [null, {}]);
});

test('flags win over the environment, that over the file, that over the defaults; each value knows where it is from', () => {
  const { config, origins } = check('{"naptime_minutes": 5, "quorum": 0.7, "dry_run": false}', {
    environment: {
      SNOOZE_NAPTIME_MINUTES: '7.5',
      SNOOZE_LOGGING__LEVEL: 'debug',
      SNOOZE_CONFIG: '/x',
      SNOOZE_TEST_ANYTHING: '1',
    },
    flags: { dry_run: true },
  });
  assert.deepEqual(
    [config.naptime_minutes, config.quorum, config.logging.level, config.dry_run],
    [7.5, 0.7, 'debug', true],
  );
  assert.deepEqual(origins, {
    naptime_minutes: 'environment',
    quorum: 'file',
    dry_run: 'flag',
    'logging.level': 'environment',
  });
});

test('comments and a comma at the end are fine; the seed’s configuration is too', () => {
  assert.equal(check('{\n // why\n "naptime_minutes": 5, /* x */\n}').config.naptime_minutes, 5);
  const seed = {
    cpu_threshold_percent: 5.0,
    naptime_minutes: 30,
    plugins: {
      enabled: true,
      directories: ['/etc/cloudsnooze/plugins'],
      external_repositories: [{ name: 'community', url: 'https://example.org', trusted: true }],
      plugin_configs: {
        'mysql-monitor': { connection_threshold: 5, dsn: 'user:pass@tcp(localhost:3306)/dbname' },
        flusher: { events: { 'cloud.spot.interrupt': { priority: 50, enabled: true } } },
      },
    },
  };
  assert.equal(check(JSON.stringify(seed)).config.plugins.plugin_configs['mysql-monitor']?.['connection_threshold'], 5);
});

const FAULTS: [text: string, expected: string][] = [
  ['{"naptime_minuets": 3}', 'snooze.json:1:2: naptime_minuets: unknown key, did you mean naptime_minutes?'],
  ['{"naptime_minutes": 0}', 'snooze.json:1:2: naptime_minutes: expected a number over 0, found 0'],
  ['{"quorum": 2}', 'snooze.json:1:2: quorum: expected a number of at most 1, found 2'],
  ['{"idle_policy": "some"}', 'snooze.json:1:2: idle_policy: expected one of "all", "any", "quorum", found "some"'],
  [
    '{"cpu_threshold_percent": "low"}',
    'snooze.json:1:2: cpu_threshold_percent: expected a number or null, found "low"',
  ],
  [
    '{"monitors": {"cpu": {"treshold": 1}}}',
    'snooze.json:1:23: monitors.cpu.treshold: unknown key, did you mean threshold?',
  ],
  [
    '{"events": {"cloud.spot.interrupt": {"enabled": false}}}',
    'snooze.json:1:13: events.cloud.spot.interrupt: unknown key, did you mean events.types.cloud.spot.interrupt?',
  ],
  [
    '{"plugins": {"plugin_configs": {"a": {"weight": -1}}}}',
    'snooze.json:1:39: plugins.plugin_configs.a.weight: expected a number of at least 0, found -1',
  ],
  [
    '{"schedule": [{"days": ["mon"], "from": "9", "to": "18:00"}]}',
    'snooze.json:1:33: schedule.0.from: expected a time as HH:MM, found "9"',
  ],
  [
    '{"events": {"sources": {"webhook": {"enabled": true}}}}',
    'snooze.json:1:25: events.sources.webhook.token: the webhook needs a token of at least 16 characters, found none',
  ],
  ['{"warning_minutes": 31}', 'snooze.json:1:2: warning_minutes: expected at most the naptime of 30 minutes, found 31'],
  ['{"a" 1}', 'snooze.json:1:6: expected a colon after the key, found "1"'],
  ['{"a": }', 'snooze.json:1:7: expected a value, found "}"'],
  ['{"a": 1', 'snooze.json:1:8: expected a closing brace }, found the end of the file'],
  ['', 'snooze.json:1:1: expected a value, found the end of the file'],
  ['[1]', 'snooze.json:1:1: expected an object, found [1]'],
];

for (const [text, expected] of FAULTS) {
  test(`${text || 'an empty file'} is told: ${expected}`, () => assert.deepEqual(faultsOf(text)[0], expected));
}

test('several faults are a line each', () => {
  assert.deepEqual(faultsOf('{\n  "quorum": 0,\n  "dry_run": "yes"\n}'), [
    'snooze.json:2:3: quorum: expected a number over 0, found 0',
    'snooze.json:3:3: dry_run: expected true or false, found "yes"',
  ]);
});

test('variables are filled in anywhere, escaped ones stay', () => {
  const text =
    '{"plugins": {"plugin_configs": {"db": {"dsn": "$\\{USER_NAME}:x", "list": ["$\\{USER_NAME}"], "raw": "$$\\{HOME}"}}}}'.replaceAll(
      '\\',
      '',
    );
  const { config } = check(text, { environment: { USER_NAME: 'ann' } });
  assert.deepEqual(config.plugins.plugin_configs['db'], { dsn: 'ann:x', list: ['ann'], raw: '${'.concat('HOME}') });
  assert.match(
    faultsOf(text)[0] ?? '',
    /plugins\.plugin_configs\.db\.dsn: the environment has no USER_NAME, which the value names/,
  );
});

test('a wrong value of the environment or a flag is told by its own name', () => {
  assert.deepEqual(faultsOf('{}', { environment: { SNOOZE_QUORUM: '5' } }), [
    'SNOOZE_QUORUM: expected a number of at most 1, found 5',
  ]);
  assert.deepEqual(faultsOf('{}', { flags: { 'logging.level': 'loud' } }), [
    '--log-level: expected one of "trace", "debug", "info", "warn", "error", found "loud"',
  ]);
  assert.deepEqual(faultsOf('{}', { environment: { SNOOZE_DRYRUN: '1' } }), [
    'SNOOZE_DRYRUN: no such setting, did you mean SNOOZE_DRY_RUN?',
  ]);
});

test('a wrong flag is wrong usage, and no fault of the configuration', () => {
  const code = (text: string) => {
    try {
      check(text, { flags: { 'logging.level': 'loud' } });
    } catch (error) {
      return error instanceof SnoozeError && error.code;
    }
    return undefined;
  };
  assert.equal(code('{}'), 'SNOOZE_E_USAGE');
  assert.equal(code('{"quorum": 5}'), 'SNOOZE_E_CONFIG_INVALID');
});

test('a file that was named must exist', () => {
  assert.throws(
    () => loadConfig(options({ file: '/nonexistent/x.json', fileRequired: true })),
    /\/nonexistent\/x\.json: the configuration cannot be read: there is no such file/,
  );
});

test('an edit keeps comments and everything else; undefined removes', () => {
  const text = '{\n  // as agreed\n  "naptime_minutes": 20, // not less\n  "quorum": 0.5\n}\n';
  assert.equal(setInText(text, 'naptime_minutes', 25), text.replace('20', '25'));
  assert.deepEqual(check(setInText(text, 'plugins.plugin_configs.redis.enabled', true)).config.plugins.plugin_configs, {
    redis: { enabled: true },
  });
  assert.doesNotMatch(setInText(text, 'quorum', undefined), /quorum/);
  assert.equal(check(setInText('', 'naptime_minutes', 3)).config.naptime_minutes, 3);
});

test('a file is written whole, with its mode, and nothing is left beside it', (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'snooze.json');
  writeFileSync(file, '{}');
  chmodSync(file, 0o600);
  writeWhole(file, '{"quorum":1}');
  assert.deepEqual(
    [readFileSync(file, 'utf8'), statSync(file).mode & 0o777, readdirSync(directory)],
    ['{"quorum":1}', 0o600, ['snooze.json']],
  );
  mkdirSync(join(directory, 'folder'));
  assert.throws(() => writeWhole(join(directory, 'folder'), 'x'), /cannot be written/);
  assert.deepEqual(readdirSync(directory).sort(), ['folder', 'snooze.json']);
});

test('a key is read by its path; one that there is not is told with the nearest', () => {
  const { config } = check('{}');
  assert.equal(getByKey(config, 'logging.level'), 'info');
  assert.equal(getByKey(config, 'plugins.plugin_configs.redis.weight'), null);
  assert.throws(
    () => getByKey(config, 'loging.level'),
    (error: SnoozeError) => error.hint === 'did you mean logging.level?',
  );
  for (const words of ['cloud.spot.interrupt.enabled', 'custom'])
    assert.throws(
      () => getByKey(config, `events.${words}`),
      (error: SnoozeError) => error.hint === `did you mean events.types.${words}?`,
    );
});

test('every key of the schema can be read and has a default or is optional', () => {
  const { config } = check('{}');
  for (const key of knownKeys(CONFIG_SCHEMA)) assert.notEqual(getByKey(config, key), undefined, key);
});

test('a monitor’s own section wins over the flat key; null turns it off', () => {
  const settings = monitorSettings(
    check(
      '{"cpu_threshold_percent": 20, "monitors": {"cpu": {"threshold": 3, "on_error": "ignore"}, "disk": {"enabled": false}}, "input_idle_threshold_secs": null}',
    ).config,
  );
  assert.deepEqual(settings['cpu'], { enabled: true, threshold: 3, onError: 'ignore' });
  assert.deepEqual(
    [settings['disk']?.enabled, settings['input']?.threshold, settings['load']?.threshold],
    [false, null, null],
  );
});

test('places: flags, then the environment, then the system’s; plugins in the design’s order', () => {
  assert.deepEqual(locations({ socket: '/a' }, { SNOOZE_SOCKET: '/b', SNOOZE_STATE_DIR: '/c' }), {
    configFile: '/etc/cloudsnooze/snooze.json',
    configFileRequired: false,
    stateDirectory: '/c',
    socket: '/a',
  });
  assert.deepEqual(pluginSearchPath({ SNOOZE_PLUGIN_PATH: '/x::/y' }, { stateDirectory: '/s', configured: ['/z'] }), [
    '/x',
    '/y',
    '/z',
    '/s/plugins',
    '/etc/cloudsnooze/plugins',
    '/usr/local/share/cloudsnooze/plugins',
    '/usr/lib/cloudsnooze/plugins',
  ]);
});

test('what has changed is named down to its own key', () => {
  assert.deepEqual(changedKeys({ a: 1, b: { c: [1], d: 2 }, e: {} }, { a: 1, b: { c: [2], d: 2 }, f: 3 }), [
    'b.c',
    'e',
    'f',
  ]);
  return fc.assert(
    fc.property(fc.jsonValue(), (value) => assert.deepEqual(changedKeys(value, structuredClone(value)), [])),
  );
});

test('a swapped or missing letter is understood, another word is not', () => {
  assert.equal(nearest('naptime_minuets', ['naptime_minutes', 'warning_minutes']), 'naptime_minutes');
  assert.equal(nearest('colour', ['naptime_minutes']), undefined);
});

test('a validator fills in defaults and tells each fault once', () => {
  const validate = createValidator({
    type: 'object',
    properties: { a: { type: 'integer', default: 3 }, b: { anyOf: [{ type: 'string' }, { type: 'boolean' }] } },
  });
  const value = { b: 5 };
  assert.equal(validate(value).length, 1);
  assert.deepEqual(value, { b: 5, a: 3 });
});
