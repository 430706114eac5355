import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { needsOf, resolveDependencies } from '../../src/plugins/dependencies.ts';
import { type InstanceSpec, plainSpec } from '../../src/plugins/manifest/instance-spec.ts';
import type { Manifest } from '../../src/plugins/manifest/manifest.ts';
import { isRunning } from '../support/processes.ts';
import { waitFor } from '../support/wait-for.ts';
import { idlePlugin, shellPlugin, startHost } from './plugin-host.ts';

type Needs = Record<string, string>;

function spec(name: string, needs: Needs = {}, version = '1.0.0'): InstanceSpec {
  const dependencies = Object.entries(needs).map(([needed, range]) => ({ name: needed, version: range }));
  const manifest: Manifest = { name, version, type: 'external', dependencies };
  return plainSpec(manifest, '/d');
}
const installing = (...specs: InstanceSpec[]) => ({
  installed: new Map(specs.map(({ manifest }) => [manifest.name, { manifest }])),
  impossible: [],
});
const alone = installing(spec('spare'));
const messages = (specs: InstanceSpec[], surroundings: Parameters<typeof resolveDependencies>[1] = alone) =>
  resolveDependencies(specs, surroundings).refused.map(({ message }) => message);

const REFUSED: [what: string, specs: InstanceSpec[], expected: string[]][] = [
  ['missing', [spec('a', { gone: '^1.0.0' })], ['a needs gone ^1.0.0, which is not installed']],
  ['not enabled', [spec('a', { spare: '^1.0.0' })], ['a needs spare ^1.0.0, which is not enabled']],
  ['too old', [spec('a', { b: '^2.1.0' }), spec('b', {}, '2.0.9')], ['a needs b ^2.1.0, found 2.0.9']],
  ['itself', [spec('a', { a: '*' })], ['a can never be started: a needs a']],
  [
    'in a circle',
    [spec('a', { b: '*' }), spec('b', { c: '*' }), spec('c', { a: '*' })],
    [
      'a can never be started: a needs b needs c needs a',
      'b can never be started: b needs c needs a needs b',
      'c can never be started: c needs a needs b needs c',
    ],
  ],
  [
    'refused itself',
    [spec('a', { b: '*' }), spec('b', { gone: '*' })],
    [
      'b needs gone *, which is not installed',
      'a needs b, which cannot be used: b needs gone *, which is not installed',
    ],
  ],
];

for (const [what, specs, expected] of REFUSED) {
  test(`a dependency that is ${what} is named in one line`, () => assert.deepEqual(messages(specs), expected));
}

test('a circle is named even where a plugin of it is not enabled', () => {
  const [first, second] = [spec('a', { b: '*' }), spec('b', { a: '*' })];
  assert.deepEqual(messages([first], installing(first, second)), ['a can never be started: a needs b needs a']);
});

test('whoever enables a plugin before the one that it needs is told what to type', async (t) => {
  const { host, config } = await startHost(t, [needing('top', 'base'), idlePlugin('base')]);
  delete config.plugins.plugin_configs['base'];
  await host.reload();
  await assert.rejects(host.tryOut('top'), {
    message: 'top needs base ^1.0.0, which is not enabled',
    hint: 'type: snooze plugin enable base',
  });
});

test('one that is there and new enough is fine, and one that leans on a circle goes with it', () => {
  assert.deepEqual(messages([spec('a', { b: '^1.0.0' }), spec('b', {}, '1.9.0')]), []);
  const { specs, refused } = resolveDependencies([spec('x', { a: '*' }), spec('a', { a: '*' }), spec('z')], alone);
  assert.deepEqual([specs.map(({ instance }) => instance), refused.length], [['z'], 2]);
});

test('what is left always has all that it needs, and no circle', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const graph = fc.dictionary(fc.constantFrom(...names), fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 }));
  fc.assert(
    fc.property(graph, (needs) => {
      const wanted = Object.entries(needs).map(([name, of]) =>
        spec(name, Object.fromEntries(of.map((on) => [on, '*']))),
      );
      const { specs, refused } = resolveDependencies(wanted, alone);
      assert.equal(specs.length + refused.length, wanted.length);
      const started = new Set<string>();
      for (let left = specs; left.length > 0; ) {
        const ready = left.filter((one) => needsOf(one).every((need) => started.has(need)));
        assert.notEqual(ready.length, 0, 'a circle');
        for (const { instance } of ready) started.add(instance);
        left = left.filter((one) => !ready.includes(one));
      }
    }),
  );
});

/** Takes its time to start and to end. */
const slow = (name: string, needs: string[]) =>
  shellPlugin(
    name,
    `case $method in Initialize | Shutdown) sleep 0.2;; esac; echo '{"id":'$id',"result":{}}'; [ $method = Shutdown ] && exit 0`,
    { dependencies: needs.map((need) => ({ name: need, version: '^1.0.0' })) },
  );

test('plugins start after those that they need, and end before them', async (t) => {
  const { host, history } = await startHost(t, [slow('top', ['middle']), slow('middle', ['base']), idlePlugin('base')]);
  const order = (state: string) =>
    history.flatMap(({ summary }) => new RegExp(`^(\\w+) is ${state}:`).exec(summary)?.[1] ?? []);
  assert.deepEqual(
    [order('loaded'), order('running')],
    [
      ['base', 'middle', 'top'],
      ['base', 'middle', 'top'],
    ],
  );
  await host.stop('the test', 3_000);
  assert.deepEqual(order('stopped'), ['top', 'middle', 'base']);
});

test('what leans on a plugin that is disabled ends before it, and says why', async (t) => {
  const { host, history, config, check } = await startHost(t, [slow('top', ['base']), idlePlugin('base')]);
  delete config.plugins.plugin_configs['base'];
  await host.reload();
  const stopped = history.flatMap(({ summary }) => /^(\w+) is stopped:/.exec(summary)?.[1] ?? []);
  assert.deepEqual(stopped, ['top', 'base']);
  const [top] = await check();
  assert.deepEqual([top?.verdict, top?.reason], ['unknown', 'top needs base ^1.0.0, which is not enabled']);
  const { state, version } = host.list().find(({ instance }) => instance === 'top') ?? {};
  assert.deepEqual([state, version], ['failed', '1.0.0']);
  config.plugins.plugin_configs['base'] = {};
  await host.reload();
  assert.equal(host.list().find(({ instance }) => instance === 'top')?.state, 'running');
});

test('a plugin whose folder is gone is listed with the version that was there', async (t) => {
  const { host, directory } = await startHost(t, [idlePlugin('base')]);
  rmSync(join(directory, 'base'), { recursive: true });
  for (const _ of ['at first', 'and later']) {
    await host.reload();
    const [{ state, version } = {}] = host.list();
    assert.deepEqual([state, version], ['failed', '1.0.0']);
  }
});

/** Fails at its start until there is a file `well` beside it. */
const sickly = (name: string) =>
  shellPlugin(name, `[ -e well ] || exit 3; echo '{"id":'$id',"result":{"is_idle":true,"reason":"well"}}'`);
const needing = (name: string, need: string) => {
  const plugin = idlePlugin(name);
  return { ...plugin, manifest: { ...plugin.manifest, dependencies: [{ name: need, version: '^1.0.0' }] } };
};

test('what leans on a plugin that fails is not started, says why, and is when that one runs', async (t) => {
  const { host, history, check, directory, lines } = await startHost(t, [
    needing('top', 'middle'),
    needing('middle', 'base'),
    sickly('base'),
  ]);
  const listed = (name: string) => host.list().find(({ instance }) => instance === name);
  assert.deepEqual([listed('middle')?.state, listed('middle')?.pid], ['failed', null]);
  assert.match(listed('middle')?.last_error ?? '', /^its dependency base has failed: .*exit code 3/);
  assert.match(listed('top')?.last_error ?? '', /^its dependency middle has failed: its dependency base has failed: /);
  const [top] = await check();
  assert.deepEqual(
    [top?.verdict, top?.reason.startsWith('top is failed: its dependency middle has failed')],
    ['unknown', true],
  );
  assert.equal(
    lines.filter(({ plugin, message }) => plugin === 'middle' && message.includes('; started again when that one runs'))
      .length,
    1,
  );
  assert.equal(
    history.some(({ summary }) => /^(top|middle) is (initialized|running)/.test(summary)),
    false,
  );
  await assert.rejects(host.tryOut('middle'), { message: /^middle did not start: its dependency base has failed: / });
  writeFileSync(join(directory, 'base', 'well'), '');
  await waitFor('all to run', () => host.list().every(({ state }) => state === 'running'));
  assert.equal(
    (await check()).every(({ verdict }) => verdict === 'idle'),
    true,
  );
});

test('what leans on a plugin that is given up ends, and comes back with it', async (t) => {
  const base = sickly('base');
  const { host, directory } = await startHost(t, [
    needing('top', 'base'),
    { ...base, files: { ...base.files, well: '' } },
  ]);
  const listed = (name: string) => host.list().find(({ instance }) => instance === name);
  const pid = listed('top')?.pid ?? 0;
  writeFileSync(join(directory, 'base', 'run.sh'), '#!/bin/sh\nexit 78\n');
  await host.restart('base', 'the test');
  await waitFor('top to end', () => listed('top')?.pid === null);
  assert.match(listed('top')?.last_error ?? '', /^its dependency base has failed: .*exit code 78/);
  await waitFor('its process to end', () => !isRunning(pid));
  writeFileSync(join(directory, 'base', 'run.sh'), idlePlugin('base').files?.['run.sh'] ?? '');
  await host.restart('base', 'the test');
  await waitFor('top to run again', () => listed('top')?.state === 'running');
});
