import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { systemClock } from '../../../src/clock.ts';
import { createAllowance } from '../../../src/plugins/services/allowance.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { requires } from '../../support/requires.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startCaller } from './caller.ts';

const skip = requires('python3');

test('what the manifest does not permit is refused with -32001, and what does not exist with -32601', {
  skip,
}, async (t) => {
  const { error, result } = await startCaller(t, ['Host.KV.Get', 'Host.Files.*']);
  assert.deepEqual(await error('Host.KV.Set', { key: 'k', value: 1 }), [
    -32001,
    'Host.KV.Set is not permitted: name it in "permissions.host" of plugin.json',
  ]);
  assert.deepEqual((await error('Host.Dance', {}))[0], -32601);
  assert.deepEqual((await error('toString', {}))[0], -32601);
  assert.deepEqual((await error('Host.KV.Get', { key: 'k' }))[0], -32011);
  assert.deepEqual(await result('Host.Files.List', {}), { files: [] });
});

test('params that do not fit are refused with their place', { skip }, async (t) => {
  const { error } = await startCaller(t, ['Host.KV.*', 'Host.Inhibit', 'Host.Files.*', 'Host.EmitEvent']);
  assert.deepEqual(await error('Host.KV.Set', { key: 7, value: 1 }), [-32602, 'key: expected text, found 7']);
  assert.match(String(await error('Host.KV.Set', { key: 'k' })), /-32602,.*value: is missing/);
  assert.match(String(await error('Host.Inhibit', { reason: 'x', ttl_seconds: 0 })), /-32602,ttl_seconds/);
  assert.match(String(await error('Host.Files.Put', { name: '../x', data: '' })), /-32602,name: expected letters/);
  assert.match(String(await error('Host.EmitEvent', { type: 'cloud.spot.interrupt' })), /-32602,type: expected custom/);
});

test('a key is created once, updated by who knows its revision, listed, and removed', { skip }, async (t) => {
  const { result, error } = await startCaller(t, ['Host.KV.*'], ['caller', 'other']);
  const entry = { key: 'k', value: { n: 1 }, revision: 1 };
  assert.deepEqual(await result('Host.KV.Create', { key: 'k', value: { n: 1 } }), entry);
  assert.deepEqual(await error('Host.KV.Create', { key: 'k', value: 2 }), [-32012, 'there is a key k']);
  assert.deepEqual(await result('Host.KV.Get', { key: 'k' }), entry);
  assert.deepEqual((await result('Host.KV.Update', { key: 'k', value: 2, revision: 1 }))['revision'], 2);
  assert.deepEqual(await error('Host.KV.Update', { key: 'k', value: 3, revision: 1 }), [-32010, 'k is at revision 2']);
  assert.deepEqual(await result('Host.KV.Keys', { prefix: 'k' }), { keys: ['k'] });
  assert.deepEqual(await result('Host.KV.Keys', {}, 'other'), { keys: [] });
  assert.deepEqual((await error('Host.KV.Delete', { key: 'k', revision: 1 }))[0], -32010);
  assert.deepEqual(await result('Host.KV.Delete', { key: 'k' }), {});
  assert.deepEqual((await error('Host.KV.Get', { key: 'k' }))[0], -32011);
});

test('a watch is answered at once where the key has moved on', { skip }, async (t) => {
  const { result } = await startCaller(t, ['Host.KV.*']);
  await result('Host.KV.Set', { key: 'k', value: 'a' });
  assert.deepEqual(await result('Host.KV.Watch', { key: 'k' }), { key: 'k', value: 'a', revision: 1 });
});

test('a watch that nobody waits for takes no place of another', { skip }, async (t) => {
  const { call, result } = await startCaller(t, ['Host.KV.*']);
  for (let number = 0; number < 20; number++) await call('notify:Host.KV.Watch', { key: 'never' });
  await result('Host.KV.Set', { key: 'k', value: 'a' });
  assert.equal((await result('Host.KV.Watch', { key: 'k' }))['revision'], 1);
});

test('an inhibitor holds until it is released, by its holder alone, and goes with the plugin', { skip }, async (t) => {
  const { result, error, leases, host, config } = await startCaller(
    t,
    ['Host.Inhibit', 'Host.Release'],
    ['caller', 'other'],
  );
  const held = () => leases.active(systemClock.bootMs()).map(({ owner, reason }) => [owner, reason]);
  const { inhibitor } = await result('Host.Inhibit', { reason: 'saving', ttl_seconds: 60 });
  const foreign = await result('Host.Inhibit', { reason: 'also', ttl_seconds: 60 }, 'other');
  assert.deepEqual(held(), [
    ['plugin caller', 'saving'],
    ['plugin other', 'also'],
  ]);
  assert.deepEqual((await error('Host.Release', { inhibitor: foreign['inhibitor'] }))[0], -32011);
  assert.deepEqual(await result('Host.Release', { inhibitor }), {});
  assert.deepEqual(held(), [['plugin other', 'also']]);
  delete config.plugins.plugin_configs['other'];
  await host.reload();
  assert.deepEqual(held(), []);
});

test('an event of its own goes out in its name, thirty times a minute at most', { skip }, async (t) => {
  const { result, error, events } = await startCaller(t, ['Host.EmitEvent']);
  const deadline = new Date(Date.now() + 60_000).toISOString();
  assert.deepEqual(await result('Host.EmitEvent', { type: 'custom.mine', data: { a: 1 }, severity: 2, deadline }), {
    id: 'event-1',
  });
  const { deadlineSeconds = 0, ...event } = events[0] ?? {};
  assert.deepEqual(event, { type: 'custom.mine', source: 'plugin caller', data: { a: 1 }, severity: 2 });
  assert.ok(deadlineSeconds > 0 && deadlineSeconds <= 60);
  for (let more = 0; more < 29; more++) await result('Host.EmitEvent', { type: 'custom' });
  assert.deepEqual(await error('Host.EmitEvent', { type: 'custom' }), [-32000, 'at most 30 events a minute']);
});

test('a file is put in pieces, told of, read in pieces, and removed; the plugin cannot reach where it lies', {
  skip,
}, async (t) => {
  const { result, error, directory } = await startCaller(t, ['Host.Files.*']);
  const bytes = Buffer.from('one and two');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await result('Host.Files.Put', { name: 'notes.txt', data: bytes.subarray(0, 4).toString('base64') });
  const put = await result('Host.Files.Put', {
    name: 'notes.txt',
    offset: 4,
    data: bytes.subarray(4).toString('base64'),
  });
  assert.deepEqual([put['size'], put['sha256']], [11, sha256]);
  const piece = await result('Host.Files.Get', { name: 'notes.txt', offset: 4, length: 3 });
  assert.deepEqual([Buffer.from(String(piece['data']), 'base64').toString(), piece['size']], ['and', 11]);
  assert.deepEqual((await result('Host.Files.Stat', { name: 'notes.txt' }))['sha256'], sha256);
  assert.deepEqual((await result('Host.Files.List', { prefix: 'no' }))['files'], [put]);
  assert.match(String(await error('Host.Files.Put', { name: 'notes.txt', offset: 5, data: '' })), /expected 0 or 11/);
  assert.deepEqual(readdirSync(join(directory, 'state', 'plugin-state', 'caller')), []);
  assert.deepEqual(await result('Host.Files.Delete', { name: 'notes.txt' }), {});
  assert.deepEqual((await error('Host.Files.Stat', { name: 'notes.txt' }))[0], -32011);
});

test('a piece of a file, and all files of an instance together, have their limit', { skip }, async (t) => {
  const { error, directory } = await startCaller(t, ['Host.Files.*']);
  const folder = join(directory, 'state', 'plugin-state', 'caller.files');
  mkdirSync(folder, { recursive: true });
  const tooMuch = Buffer.alloc(512 * 1024 + 1).toString('base64');
  assert.match(String(await error('Host.Files.Put', { name: 'x', data: tooMuch })), /at most 524288 bytes at a time/);
  writeFileSync(join(folder, 'x'), '');
  truncateSync(join(folder, 'x'), 64 * 1024 * 1024);
  assert.match(String(await error('Host.Files.Put', { name: 'y', data: 'AAAA' })), /-32000,at most 200 files/);
});

test('what it logs and reports as notifications arrives; the first that is refused is said', { skip }, async (t) => {
  const { host, lines, call } = await startCaller(t, ['Host.Log', 'Host.ReportMetric']);
  await call('notify:Host.Log', { level: 'warning', message: 'careful', fields: { a: 1 } });
  await call('notify:Host.ReportMetric', { name: 'clients', value: 3, labels: { db: '0' } });
  await call('notify:Host.ReportMetric', { name: 'clients', value: 4, labels: { db: '0' } });
  for (const value of ['x', 'y']) await call('notify:Host.ReportMetric', { name: 'bad', value });
  await waitFor('the refusal', () => lines.some(({ message }) => message.startsWith('Host.ReportMetric: value')));
  assert.ok(lines.some(({ level, message }) => level === 'warn' && message === 'careful'));
  assert.deepEqual(
    (await host.details('caller')).metrics.map(({ name, labels, value }) => ({ name, labels, value })),
    [{ name: 'clients', labels: { db: '0' }, value: 4 }],
  );
  assert.equal(lines.filter(({ message }) => message.startsWith('Host.ReportMetric')).length, 1);
});

test('a plugin that calls all the time is served fifty times a second, one that calls now and then at once', async () => {
  const clock = createFakeClock();
  const allow = createAllowance(clock);
  const { signal } = new AbortController();
  let served = 0;
  const calls = Array.from({ length: 300 }, () => allow(signal).then(() => served++));
  const servedUntil = async (ms: number, expected: number) => {
    await clock.advance(ms);
    await waitFor(`${expected} calls`, () => served >= expected);
    await clock.advance(0);
    assert.equal(served, expected);
  };
  await servedUntil(0, 100);
  await servedUntil(1_000, 150);
  await servedUntil(60_000, 300);
  await Promise.all(calls);
});

test('between two calls of a plugin everybody else is served', async () => {
  const allow = createAllowance(createFakeClock());
  const { signal } = new AbortController();
  const order: string[] = [];
  const calls = ['first', 'second', 'third'].map((call) => allow(signal).then(() => order.push(call)));
  const others = (async () => {
    while (order.length < 6) {
      await immediate();
      order.push('other');
    }
  })();
  await Promise.all([...calls, others]);
  const places = ['first', 'second', 'third'].map((call) => order.indexOf(call));
  assert.ok(
    places.every((place, index) => index === 0 || place - (places[index - 1] ?? 0) > 1),
    order.join(),
  );
});
