import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import * as fc from 'fast-check';
import { pluginMetrics } from '../../src/monitors/metrics.ts';
import type { Monitor, Reading } from '../../src/monitors/monitor.ts';
import { MONITORS } from '../../src/monitors/registry.ts';
import { createSampler } from '../../src/monitors/sampler.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { hostBelow } from './host-of-files.ts';

/** A host of files: path below the root → text; a path that ends in `/` is a folder. */
function fakeHost(t: TestContext, files: Record<string, string>, monitors: () => readonly Monitor[] = () => MONITORS) {
  const root = temporaryDirectory(t);
  const write = (path: string, text: string) => {
    mkdirSync(join(root, path, path.endsWith('/') ? '' : '..'), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const clock = createFakeClock();
  const sampler = createSampler(hostBelow(root, clock), monitors);
  t.after(() => sampler.close());
  return { sampler, clock, write };
}

const netDev = (interfaces: Record<string, number>) =>
  Object.entries(interfaces)
    .map(([name, bytes]) => `${name}: ${bytes} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n`)
    .join('');
const diskStats = (disks: Record<string, number>) =>
  Object.entries(disks)
    .map(([name, sectors]) => `8 0 ${name} 1 0 ${sectors} 1 1 0 0 1 0 1 1\n`)
    .join('');

const GPU_BUSY = 'sys/class/drm/card0/device/gpu_busy_percent';

/** A host with a bond over two cards, a container bridge, and a disk under LVM. */
const BUSY_HOST: Record<string, string> = {
  'proc/stat': 'cpu  100 0 100 800 0 0 0 0 0 0\n',
  'proc/meminfo': 'MemTotal: 1000 kB\nMemAvailable: 750 kB\n',
  'proc/loadavg': '1.50 1.00 0.50 1/100 1000\n',
  'proc/net/dev': netDev({ lo: 0, eth0: 0, eth1: 0, bond0: 0, docker0: 0, veth12: 0 }),
  'proc/diskstats': diskStats({ nvme0n1: 0, nvme0n1p1: 0, 'dm-0': 0, loop0: 0 }),
  'sys/class/net/eth0/device/': '',
  'sys/class/net/eth1/device/': '',
  'sys/class/net/bond0/bonding/': '',
  'sys/class/net/docker0/bridge/': '',
  'sys/class/net/veth12/': '',
  'sys/block/nvme0n1/device/': '',
  'sys/block/dm-0/dm/': '',
  'sys/block/loop0/loop/': '',
};

test('each byte of a host with bonds, bridges, partitions and volumes is counted once', async (t) => {
  const { sampler, clock, write } = fakeHost(t, BUSY_HOST);
  const first = await sampler.sample();
  assert.deepEqual(
    [first.readings['cpu']?.status, first.readings['network']?.status, first.readings['disk']?.status],
    ['pending', 'pending', 'pending'],
  );
  write('proc/stat', 'cpu  150 0 150 1600 0 0 0 0 0 0\n');
  write('proc/net/dev', netDev({ lo: 9e9, eth0: 10_240, eth1: 10_240, bond0: 20_480, docker0: 5_000, veth12: 5_000 }));
  write('proc/diskstats', diskStats({ nvme0n1: 2_000, nvme0n1p1: 2_000, 'dm-0': 2_000, loop0: 2_000 }));
  await clock.advance(10_000);
  const { readings } = await sampler.sample();
  const value = (name: string) => (readings[name]?.status === 'measured' ? readings[name].value : readings[name]);
  assert.equal(value('network'), 2);
  assert.equal(value('disk'), 100);
  assert.ok(Math.abs(Number(value('cpu')) - 100 / 9) < 0.001);
  assert.equal(value('memory'), 25);
  assert.equal(value('load'), 1.5);
});

test('a container without a card of its own counts what is no loopback and built on nothing', async (t) => {
  const { sampler, clock, write } = fakeHost(t, {
    'proc/net/dev': netDev({ lo: 0, eth0: 0 }),
    'sys/class/net/eth0/statistics/': '',
  });
  await sampler.sample();
  write('proc/net/dev', netDev({ lo: 99_999, eth0: 4_096 }));
  await clock.advance(2_000);
  assert.deepEqual((await sampler.sample()).readings['network'], { status: 'measured', value: 2 });
});

test('a monitor that fails is a failed reading with its reason, and the others are read', async (t) => {
  const { sampler } = fakeHost(t, { 'proc/loadavg': '0.5 0 0 1/1 1\n' });
  const { readings } = await sampler.sample();
  assert.equal(readings['memory']?.status, 'failed');
  assert.deepEqual(readings['load'], { status: 'measured', value: 0.5 });
});

/** A monitor that does as it is told, and counts how often it is opened and read. */
function monitorThat(name: string, sample: () => Reading | Promise<Reading>) {
  const count = { opened: 0, read: 0 };
  const open = () => {
    count.opened++;
    return {
      sample() {
        count.read++;
        return sample();
      },
    };
  };
  return { count, name, title: name, unit: '%', idleWhen: 'below', open } as const;
}
const measured = (value: number): Reading => ({ status: 'measured', value });

test('monitors that throw, reject or never answer are failed by themselves, and the others are read', async (t) => {
  const { sampler, clock } = fakeHost(t, {}, () => [
    monitorThat('throws', () => {
      throw new Error('no such counter');
    }),
    monitorThat('rejects', () => Promise.reject(new Error('no answer'))),
    monitorThat('hangs', () => new Promise<Reading>(() => {})),
    monitorThat('works', () => measured(7)),
  ]);
  const sample = sampler.sample();
  await clock.advance(15_000);
  assert.deepEqual((await sample).readings, {
    throws: { status: 'failed', reason: 'no such counter' },
    rejects: { status: 'failed', reason: 'no answer' },
    hangs: { status: 'failed', reason: 'it has not answered for 15 s' },
    works: measured(7),
  });
  await clock.advance(1_000);
  assert.deepEqual((await sampler.sample()).readings['works'], measured(7));
});

test('each reading tells how long it took by itself', async (t) => {
  const { sampler } = fakeHost(t, {}, () => [
    monitorThat('quick', () => measured(1)),
    monitorThat('slow', () => pause(30).then(() => measured(2))),
  ]);
  const { tookMs } = await sampler.sample();
  assert.ok(Number(tookMs['slow']) >= 29, `slow took ${tookMs['slow']} ms`);
  assert.ok(Number(tookMs['quick']) >= 0);
});

test('two samples of one instant, or at the same time, are one: rates need time between them', async (t) => {
  const monitor = monitorThat('slow', () => pause(1).then(() => measured(2)));
  const { sampler, clock } = fakeHost(t, {}, () => [monitor]);
  const [one, other] = await Promise.all([sampler.sample(), sampler.sample()]);
  assert.equal(one, other);
  assert.equal(await sampler.sample(), one);
  assert.equal(monitor.count.read, 1);
  await clock.advance(1);
  await sampler.sample();
  assert.equal(monitor.count.read, 2);
});

test('a monitor that is turned off does not run and has no reading; turned on again it begins anew', async (t) => {
  const monitor = monitorThat('gpu', () => measured(3));
  let on = true;
  const { sampler, clock } = fakeHost(t, {}, () => (on ? [monitor] : []));
  const next = async () => {
    await clock.advance(1_000);
    return (await sampler.sample()).readings;
  };
  assert.deepEqual(await next(), { gpu: measured(3) });
  on = false;
  assert.deepEqual(await next(), {});
  assert.deepEqual(monitor.count, { opened: 1, read: 1 });
  on = true;
  assert.deepEqual(await next(), { gpu: measured(3) });
  assert.deepEqual(monitor.count, { opened: 2, read: 2 });
});

test('after the end nothing is read any more', async (t) => {
  const monitor = monitorThat('cpu', () => measured(3));
  const { sampler } = fakeHost(t, {}, () => [monitor]);
  sampler.close();
  assert.deepEqual((await sampler.sample()).readings, { cpu: { status: 'failed', reason: 'snoozed is ending' } });
  assert.equal(monitor.count.read, 0);
});

test('property: nothing that is no number, negative or endless ever leaves a monitor', () => {
  return fc.assert(
    fc.asyncProperty(fc.double(), fc.boolean(), async (value, late) => {
      const monitor = monitorThat('any', () => (late ? Promise.resolve(measured(value)) : measured(value)));
      const sampler = createSampler(hostBelow('/', createFakeClock()), () => [monitor]);
      const { any } = (await sampler.sample()).readings;
      assert.equal(any?.status, Number.isFinite(value) && value >= 0 ? 'measured' : 'failed');
      sampler.close();
    }),
  );
});

test('property: whatever stands in the files of a host, what is measured is a number that is not negative', async (t) => {
  const paths = ['proc/stat', 'proc/meminfo', 'proc/loadavg', 'proc/net/dev', 'proc/diskstats', GPU_BUSY];
  const number = fc.oneof(fc.bigInt().map(String), fc.double().map(String), fc.constantFrom('', '-1', 'NaN', '9e999'));
  const text = fc.oneof(
    fc.string(),
    number,
    number.map((value) => `${value} 0 0 1/1 1\n`),
    fc.array(number, { maxLength: 12 }).map((values) => `cpu  ${values.join(' ')}\n`),
    fc.array(number, { maxLength: 12 }).map((values) => `eth0: ${values.join(' ')}\n`),
    fc.array(number, { maxLength: 12 }).map((values) => ` 8 0 sda ${values.join(' ')}\n`),
    fc.tuple(number, number).map(([total, free]) => `MemTotal: ${total} kB\nMemAvailable: ${free} kB\n`),
  );
  const { sampler, clock, write } = fakeHost(t, { ...BUSY_HOST, 'dev/pts/ptmx': '', 'sys/block/sda/device/': '' });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...paths), text)), async (files) => {
      for (const [path, content] of files) write(path, content);
      await clock.advance(60_000);
      for (const [name, reading] of Object.entries((await sampler.sample()).readings))
        if (reading.status === 'measured')
          assert.ok(Number.isFinite(reading.value) && reading.value >= 0, `${name}: ${reading.value}`);
    }),
  );
});

test('this very host can be sampled without an error', async (t) => {
  const sampler = createSampler({ ...hostBelow('/', createFakeClock()), platform: process.platform }, () => MONITORS);
  t.after(() => sampler.close());
  const { readings } = await sampler.sample();
  for (const name of ['cpu', 'memory', 'load', 'input'])
    assert.ok(
      ['measured', 'pending'].includes(readings[name]?.status ?? ''),
      `${name}: ${JSON.stringify(readings[name])}`,
    );
});

test('plugins get null for what was not measured', async (t) => {
  const { sampler } = fakeHost(t, { 'proc/loadavg': '0.256 0 0 1/1 1\n' });
  const metrics = pluginMetrics(await sampler.sample(), 12.4);
  assert.deepEqual(
    [metrics.load_1m, metrics.cpu_usage, metrics.gpu_usage, metrics.idle_seconds, metrics.gpus],
    [0.26, null, null, 12, []],
  );
});

test('every monitor of the folder is in the list', () => {
  const others = [
    'host-files.ts',
    'amd.ts',
    'interfaces.ts',
    'keyboards.ts',
    'metrics.ts',
    'monitor.ts',
    'nvidia.ts',
    'other-platforms.ts',
    'rates.ts',
    'registry.ts',
    'sampler.ts',
    'selection.ts',
    'terminals.ts',
  ];
  const files = readdirSync(new URL('../../src/monitors/', import.meta.url)).filter((file) => !others.includes(file));
  assert.deepEqual(MONITORS.map(({ name }) => `${name}.ts`).sort(), files.sort());
});
