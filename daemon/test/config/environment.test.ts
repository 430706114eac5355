import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConfig } from '../../src/config/load.ts';
import { locations, pluginSearchPath } from '../../src/config/locations.ts';
import { SnoozeError } from '../../src/errors.ts';

const load = (environment: NodeJS.ProcessEnv, text = '{}', flags = {}) =>
  checkConfig(text, { file: 'f', fileRequired: false, environment, flags });
const faultsOf = (environment: NodeJS.ProcessEnv, text = '{}', flags = {}) => {
  try {
    load(environment, text, flags);
    return [];
  } catch (error) {
    return error instanceof SnoozeError ? error.message.split('\n') : [String(error)];
  }
};

test('what is text in the file is text in the environment, even where it looks like a number', () => {
  assert.equal(load({ SNOOZE_TAGGING_PREFIX: '2026' }).config.tagging_prefix, '2026');
  assert.equal(load({ SNOOZE_TAGGING_PREFIX: 'null' }).config.tagging_prefix, 'null');
  assert.equal(load({ SNOOZE_AWS_REGION: '' }).config.aws_region, '');
  assert.equal(load({ SNOOZE_CPU_THRESHOLD_PERCENT: 'null' }).config.cpu_threshold_percent, null);
  assert.deepEqual(load({ SNOOZE_EXEC_COMMAND: '["sync", "-f"]' }).config.exec_command, ['sync', '-f']);
});

test('a list or a section that is no JSON is told without showing it, for it may hold a password', () => {
  assert.deepEqual(faultsOf({ SNOOZE_PLUGINS__PLUGIN_CONFIGS: '{"db": {"password": "hunter2"}' }), [
    'SNOOZE_PLUGINS__PLUGIN_CONFIGS: expected JSON, as it would stand in the file',
  ]);
});

test('a section with keys of its own has no variable, only its keys have', () => {
  assert.deepEqual(faultsOf({ SNOOZE_LOGGING: '{"level": "debug"}' }), [
    'SNOOZE_LOGGING: no such setting; the keys of a section are set one by one, such as SNOOZE_LOGGING__LEVEL',
  ]);
});

test('an empty variable is no number and no switch, and is told by its name', () => {
  assert.deepEqual(faultsOf({ SNOOZE_DRY_RUN: '' }), ['SNOOZE_DRY_RUN: expected true or false, found ""']);
});

test('an infinite number is told as one, wherever it comes from', () => {
  assert.deepEqual(faultsOf({ SNOOZE_LOAD_THRESHOLD: '1e999' }), [
    'SNOOZE_LOAD_THRESHOLD: expected a number or null, found Infinity',
  ]);
  assert.deepEqual(faultsOf({}, '{"load_threshold": 1e999}'), [
    'f:1:2: load_threshold: expected a number or null, found Infinity',
  ]);
});

test('a variable wins over a whole section of the file, and each key inside is blamed on it', () => {
  const { config, origins } = load(
    { SNOOZE_PLUGINS__PLUGIN_CONFIGS: '{"b": {"weight": 2}}' },
    '{"plugins": {"plugin_configs": {"a": {"weight": 1}}}}',
  );
  assert.deepEqual(config.plugins.plugin_configs, { b: { weight: 2 } });
  assert.deepEqual(origins, { 'plugins.plugin_configs.b.weight': 'environment' });
  assert.deepEqual(faultsOf({ SNOOZE_PLUGINS__PLUGIN_CONFIGS: '{"b": {"weight": -2}}' }), [
    'SNOOZE_PLUGINS__PLUGIN_CONFIGS: expected a number of at least 0, found -2',
  ]);
});

test('a section that the file has spelled as something else is the file’s fault, not the variable’s', () => {
  assert.deepEqual(faultsOf({ SNOOZE_LOGGING__LEVEL: 'debug' }, '{"logging": 5}'), [
    'f:1:2: logging: expected an object, found 5',
  ]);
});

test('faults come from the top of the file to its end, then those of the environment', () => {
  const text = `{\n  "quorum": 5,\n  "tagging_prefix": "$\{NOT_THERE}",\n  "nonsense": 1\n}`;
  assert.deepEqual(faultsOf({ SNOOZE_DRY_RUN: '7', SNOOZE_NONSENSE: '1' }, text), [
    'f:2:3: quorum: expected a number of at most 1, found 5',
    'f:3:3: tagging_prefix: the environment has no NOT_THERE, which the value names',
    'f:4:3: nonsense: unknown key',
    'SNOOZE_DRY_RUN: expected true or false, found 7',
    'SNOOZE_NONSENSE: no such setting',
  ]);
});

test('a variable that is unset is blamed once, not also for what is missing without it', () => {
  assert.deepEqual(faultsOf({}, JSON.stringify({ tagging_prefix: `$\{X}` })), [
    'f:1:2: tagging_prefix: the environment has no X, which the value names',
  ]);
});

test('what only looks like a variable is told with the way to write it', () => {
  for (const rest of ['', '}', 'a-b}', '1}']) {
    const value = `$\{${rest}`;
    assert.deepEqual(faultsOf({}, JSON.stringify({ tagging_prefix: `x${value}` })), [
      `f:1:2: tagging_prefix: expected a variable as \${NAME}, or $\${ for a plain \${, found "${value}"`,
    ]);
  }
});

test('of two keys that do not fit, the blame is on one that somebody has set', () => {
  assert.deepEqual(faultsOf({}, '{"naptime_minutes": 1}'), [
    'f:1:2: naptime_minutes: expected at least 2, as long as warning_minutes is not set lower, found 1',
  ]);
  assert.deepEqual(faultsOf({ SNOOZE_WARNING_MINUTES: '5' }, '{"naptime_minutes": 1}'), [
    'SNOOZE_WARNING_MINUTES: expected at most the naptime of 1 minutes, found 5',
  ]);
});

test('a program whose name is empty is none', () => {
  assert.deepEqual(faultsOf({}, '{"action": "exec", "exec_command": [""]}'), [
    'f:1:20: exec_command: action "exec" needs a program, found none',
  ]);
});

test('an empty SNOOZE_CONFIG, SNOOZE_STATE_DIR or SNOOZE_SOCKET names nothing, not the folder one is in', () => {
  const empty = { SNOOZE_CONFIG: '', SNOOZE_STATE_DIR: '', SNOOZE_SOCKET: '', SNOOZE_PLUGIN_PATH: '' };
  assert.deepEqual(locations({}, empty), locations({}, {}));
  assert.equal(locations({}, empty).configFileRequired, false);
});

test('folders for plugins are absolute, whoever names them, and are looked at once', () => {
  const places = { stateDirectory: '/s', configured: ['b', '/s/plugins', 'a'] };
  const [first, second, ...rest] = pluginSearchPath({ SNOOZE_PLUGIN_PATH: 'a' }, places);
  assert.deepEqual(rest.slice(0, 2), ['/s/plugins', '/etc/cloudsnooze/plugins']);
  assert.deepEqual([first, second], [`${process.cwd()}/a`, `${process.cwd()}/b`]);
});
