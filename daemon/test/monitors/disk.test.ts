import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { disk, parseDiskStats } from '../../src/monitors/disk.ts';
import { growthSeen, hostOfFiles, inWords } from './host-of-files.ts';

/** Sectors read by device. */
const diskStats = (devices: Record<string, number>) =>
  Object.entries(devices)
    .map(([name, sectors]) => `   8       0 ${name} 1 0 ${sectors} 1 1 0 0 1 0 1 1\n`)
    .join('');

/** What the monitor makes of 10 seconds in which that one alone did anything. */
const rateOf = (t: TestContext, names: string[], grown: string, sys: Record<string, string>) =>
  growthSeen(t, { monitor: disk, path: 'proc/diskstats', text: diskStats }, { names, grown: [grown, 20], sys });

test('each device has the sectors read and written, with 14, 18 and 20 fields', () => {
  const text = `   8       0 sda 100 0 800 5 50 0 400 5 0 10 10
 259       0 nvme0n1 1000 5 16000 100 2000 10 32000 200 0 150 300 0 0 0 0
 259       1 nvme0n1p1 900 5 15000 100 2000 10 32000 200 0 150 300 0 0 0 0 7 9
 104       0 cciss/c0d0 1 0 8 0 0 0 0 0 0 0 0
`;
  assert.deepEqual(
    [...parseDiskStats(text)],
    [
      ['sda', [800, 400]],
      ['nvme0n1', [16000, 32000]],
      ['nvme0n1p1', [15000, 32000]],
      ['cciss/c0d0', [8, 0]],
    ],
  );
});

test('a line that is cut short or holds something else is an error in words', () => {
  assert.throws(
    () => parseDiskStats('   8       0 sda 100 0 800 5 50 0 4'),
    /^Error: \/proc\/diskstats: cannot read "8 /,
  );
  assert.throws(() => parseDiskStats(diskStats({ sda: 1 }).replace(' 1 0 1 ', ' 1 0 x ')), /cannot read "8 +0 sda/);
});

test('partitions, volumes, arrays, loops, compressed memory and optical disks are not whole disks', async (t) => {
  const sys = {
    'sys/block/sda/device/': '',
    'sys/block/sr0/device/': '',
    'sys/block/dm-0/dm/': '',
    'sys/block/md0/md/': '',
    'sys/block/loop0/loop/': '',
    'sys/block/zram0/': '',
  };
  const names = ['sda', 'sda1', 'dm-0', 'md0', 'loop0', 'zram0', 'sr0'];
  for (const name of names)
    assert.equal(await rateOf(t, names, name, sys), name === 'sda' ? 'measured 1' : 'measured 0', name);
});

/** Composed after nvme-multipath: a namespace that two controllers reach over hidden paths. */
const MULTIPATH = {
  'sys/block/nvme0n1/device/': '',
  'sys/block/nvme0c0n1/device/': '',
  'sys/block/nvme0c1n1/device/': '',
  'sys/block/nvme1n1/device/': '',
};

test('an NVMe namespace with several paths is counted on its paths, which every kernel counts', async (t) => {
  const names = ['nvme0c0n1', 'nvme0c1n1', 'nvme0n1', 'nvme1n1'];
  for (const name of names)
    assert.equal(await rateOf(t, names, name, MULTIPATH), name === 'nvme0n1' ? 'measured 0' : 'measured 1', name);
});

test('where a kernel does not tell of the hidden paths, the namespace itself counts', async (t) => {
  assert.equal(await rateOf(t, ['nvme0n1', 'nvme1n1'], 'nvme0n1', MULTIPATH), 'measured 1');
});

/** Composed after public listings of such hosts; they differ in names alone. */
const CLOUDS = {
  'EC2 on Nitro': ['nvme0n1', 'nvme1n1', '/', 'nvme0n1p1', 'nvme0n1p127', 'nvme0n1p128', 'dm-0'],
  'EC2 on Xen': ['xvda', 'xvdb', '/', 'xvda1'],
  'EC2 on Xen, from an old image, whose volume is named like a partition': ['xvda1', 'xvda2'],
  'Google Cloud': ['sda', 'sdb', '/', 'sda1', 'sda14', 'sda15', 'loop0'],
  'Azure, with its temporary disk': ['sda', 'sdb', '/', 'sda1', 'sdb1', 'sr0'],
};

for (const [cloud, devices] of Object.entries(CLOUDS))
  test(`${cloud}: whole disks count`, async (t) => {
    const names = devices.filter((name) => name !== '/');
    const whole = devices.slice(0, devices.includes('/') ? devices.indexOf('/') : undefined);
    const sys = Object.fromEntries(whole.map((name) => [`sys/block/${name}/device/`, '']));
    for (const name of names)
      assert.equal(await rateOf(t, names, name, sys), whole.includes(name) ? 'measured 1' : 'measured 0', name);
  });

test('a disk whose name has a slash is found in /sys/block', async (t) => {
  assert.equal(await rateOf(t, ['cciss/c0d0'], 'cciss/c0d0', { 'sys/block/cciss!c0d0/device/': '' }), 'measured 1');
});

test('a /proc/diskstats or /sys/block that cannot be read is failed, not absent', async (t) => {
  assert.match(inWords(await hostOfFiles(t, disk, { 'sys/block/': '' }).sample()), /^failed: .*diskstats/);
  const blind = hostOfFiles(t, disk, { 'proc/diskstats': diskStats({ sda: 1 }) });
  assert.match(inWords(await blind.sample()), /^failed: .*block/);
  const closed = hostOfFiles(t, disk, {
    'proc/diskstats': diskStats({ sda: 1 }),
    'sys/block/sda': '-> ../devices/sda',
  });
  assert.match(inWords(await closed.sample()), /^failed: .*sda/);
});

test('a /proc/diskstats that does not tell of a disk that is there is failed', async (t) => {
  const host = hostOfFiles(t, disk, { 'proc/diskstats': '', 'sys/block/sda/device/': '' });
  assert.match(inWords(await host.sample()), /^failed: .*sda/);
});

test('a /sys/block that something empty was mounted over is failed, not absent', async (t) => {
  const host = hostOfFiles(t, disk, { 'proc/diskstats': diskStats({ vda: 1 }), 'sys/block/': '' });
  assert.match(inWords(await host.sample()), /^failed: \/sys\/block is empty, and \/proc\/diskstats tells of vda$/);
});

test('a host whose root comes over the network has no disk', async (t) => {
  const host = hostOfFiles(t, disk, { 'proc/diskstats': diskStats({ loop0: 0 }), 'sys/block/loop0/loop/': '' });
  assert.match(inWords(await host.sample()), /^absent: /);
  assert.match(inWords(await hostOfFiles(t, disk, { 'proc/diskstats': '', 'sys/block/': '' }).sample()), /^absent: /);
});

test('a volume that is attached while it runs counts from its second sample', async (t) => {
  const host = hostOfFiles(t, disk, { 'proc/diskstats': diskStats({ sda: 0 }), 'sys/block/sda/device/': '' });
  await host.sample();
  host.write('sys/block/sdb/device/', '');
  assert.equal(inWords(await host.next('proc/diskstats', diskStats({ sda: 20, sdb: 9e12 }))), 'measured 1');
  assert.equal(inWords(await host.next('proc/diskstats', diskStats({ sda: 40, sdb: 9e12 + 20 }))), 'measured 2');
});
