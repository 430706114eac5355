import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCommand } from '../../src/command.ts';
import { openHostFiles } from '../../src/monitors/host-files.ts';
import { pluginMetrics } from '../../src/monitors/metrics.ts';
import { MONITORS } from '../../src/monitors/registry.ts';
import { createSampler } from '../../src/monitors/sampler.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** A host of files: path below the root → text; a path that ends in `/` is a folder. */
function fakeHost(t: TestContext, files: Record<string, string>) {
  const root = temporaryDirectory(t);
  const write = (path: string, text: string) => {
    mkdirSync(join(root, path, path.endsWith('/') ? '' : '..'), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const clock = createFakeClock();
  const roots = { procRoot: join(root, 'proc'), sysRoot: join(root, 'sys'), devRoot: join(root, 'dev') };
  const sampler = createSampler({ files: openHostFiles(roots), clock, run: runCommand, platform: 'linux' }, MONITORS);
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

test('a headless host where nobody is logged in is idle since its boot', async (t) => {
  const { sampler, clock } = fakeHost(t, {});
  const { readings } = await sampler.sample();
  assert.deepEqual(readings['input'], {
    status: 'measured',
    value: clock.bootMs() / 1000,
    detail: 'nobody is logged in',
  });
});

test('a monitor that fails is a failed reading with its reason, and the others are read', async (t) => {
  const { sampler } = fakeHost(t, { 'proc/loadavg': '0.5 0 0 1/1 1\n' });
  const { readings } = await sampler.sample();
  assert.equal(readings['memory']?.status, 'failed');
  assert.deepEqual(readings['load'], { status: 'measured', value: 0.5 });
});

test('what has no GPU says so; an AMD one tells its use', async (t) => {
  const none = fakeHost(t, {});
  assert.equal((await none.sampler.sample()).readings['gpu']?.status, 'absent');
  const amd = fakeHost(t, {
    'sys/class/drm/card0/device/gpu_busy_percent': '7\n',
    'sys/class/drm/card1/device/gpu_busy_percent': '63\n',
  });
  const { readings } = await amd.sampler.sample();
  assert.deepEqual(readings['gpu'], {
    status: 'measured',
    value: 63,
    detail: 'AMD card1 (1)',
    parts: { '0 AMD card0': 7, '1 AMD card1': 63 },
  });
});

test('an NVIDIA driver whose nvidia-smi fails is failed, not absent', async (t) => {
  const { sampler } = fakeHost(t, { 'sys/module/nvidia/version': '550' });
  const reading = (await sampler.sample()).readings['gpu'];
  assert.equal(reading?.status, 'failed');
});

test('this very host can be sampled without an error', async (t) => {
  const sampler = createSampler(
    { files: openHostFiles(), clock: createFakeClock(), run: runCommand, platform: process.platform },
    MONITORS,
  );
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
    'interfaces.ts',
    'metrics.ts',
    'monitor.ts',
    'other-platforms.ts',
    'rates.ts',
    'registry.ts',
    'sampler.ts',
    'selection.ts',
  ];
  const files = readdirSync(new URL('../../src/monitors/', import.meta.url)).filter((file) => !others.includes(file));
  assert.deepEqual(MONITORS.map(({ name }) => `${name}.ts`).sort(), files.sort());
});
