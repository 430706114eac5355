import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPlainObject } from '../../src/config/difference.ts';
import { checkConfig } from '../../src/config/load.ts';
import { CONFIG_SCHEMA } from '../../src/config/schema.ts';
import type { Schema } from '../../src/config/validator.ts';

const faultOf = (config: object): string => {
  try {
    checkConfig(JSON.stringify(config), { file: 'f', fileRequired: false, environment: {}, flags: {} });
    return 'valid';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

for (const [config, expected] of [
  [{ check_interval_seconds: 7200 }, /: expected a number of at most 3600, found 7200$/],
  [{ naptime_minutes: 1e15 }, /: expected a number of at most 525600, found 1000000000000000$/],
  [{ boot_grace_minutes: 1e15 }, /: expected a number of at most 525600/],
  [{ events: { spot_poll_seconds: 300 } }, /: expected a number of at most 60, found 300$/],
  [{ events: { reserve_seconds: 90 } }, /: expected a number of at most 60, found 90$/],
  [{ cpu_threshold_percent: 101 }, /: expected a number of at most 100, found 101$/],
  [
    { events: { sources: { disk: { free_percent: 150 } } } },
    /free_percent: expected a number of at most 100, found 150$/,
  ],
  [{ events: { sources: { memory: { some_percent: 101 } } } }, /some_percent: expected a number of at most 100/],
  [{ events: { sources: { memory: { full_percent: 101 } } } }, /full_percent: expected a number of at most 100/],
  [{ events: { sources: { cpu: { percent: 101 } } } }, /percent: expected a number of at most 100/],
  [{ events: { sources: { cpu: { percent: null, load_per_cpu: 150 }, disk: { free_percent: null } } } }, /^valid$/],
  ...['0', '65536', '99999', '100000'].map((port): [object, RegExp] => [
    { events: { sources: { network: { address: `127.0.0.1:${port}` } } } },
    /network\.address: expected a host:port, with a port of 1 to 65535, .*, found "127\.0\.0\.1:\d+"$/,
  ]),
  ...['1', '59999', '64999', '65499', '65529', '65535'].map((port): [object, RegExp] => [
    { events: { sources: { network: { address: `[::1]:${port}` } } } },
    /^valid$/,
  ]),
  [{ plugins: { plugin_configs: { a: { interval_seconds: 1e9 } } } }, /: expected a number of at most 86400/],
  [
    { plugins: { plugin_configs: { a: { events: { 'custom.x': { timeout_seconds: 1e9 } } } } } },
    /: expected a number of at most 3600/,
  ],
  [{ monitors: { cpu: { threshold: 3, on_error: 'ignore' } } }, /^valid$/],
  [{ load_threshold: 300 }, /^valid$/],
  [
    { events: { types: { 'cloud.spot.interupt': { dispatch: 'first' } } } },
    /events\.types\.cloud\.spot\.interupt: expected an event type \(cloud\.spot\.interrupt, .*custom\.NAME\), found "cloud\.spot\.interupt"$/,
  ],
  [
    { plugins: { plugin_configs: { a: { events: { 'system.disk.lo': {} } } } } },
    /a\.events\.system\.disk\.lo: expected an event type /,
  ],
  [
    { plugins: { plugin_configs: { Redis: {} } } },
    /plugin_configs\.Redis: expected an instance name of small letters, digits and dashes, found "Redis"$/,
  ],
] satisfies [object, RegExp][]) {
  test(`${JSON.stringify(config)} is told: ${expected.source}`, () => assert.match(faultOf(config), expected));
}

test('every key is described, for editors and for the reference', () => {
  const without = (schema: Schema, path: string): string[] => [
    ...(typeof schema['description'] === 'string' || path === '' ? [] : [path]),
    ...below(schema['properties'], path),
    ...(isPlainObject(schema['items']) ? below(schema['items']['properties'], path) : []),
    ...(isPlainObject(schema['additionalProperties']) ? below(schema['additionalProperties']['properties'], path) : []),
  ];
  const below = (properties: unknown, path: string): string[] =>
    isPlainObject(properties)
      ? Object.entries(properties).flatMap(([name, schema]) => without(schema as Schema, `${path}.${name}`))
      : [];
  assert.deepEqual(without(CONFIG_SCHEMA, ''), []);
});
