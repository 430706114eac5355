import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { cpuPercent, parseStat } from '../../src/monitors/cpu.ts';
import { parseDiskStats } from '../../src/monitors/disk.ts';
import { parseNvidia } from '../../src/monitors/gpu.ts';
import { inputInterrupts, latestActivity } from '../../src/monitors/input.ts';
import { parseLoad } from '../../src/monitors/load.ts';
import { memoryPercent } from '../../src/monitors/memory.ts';
import { parseNetDev } from '../../src/monitors/network.ts';
import { createRate, growth } from '../../src/monitors/rates.ts';

test('cpu: a 6.1 kernel with two processors, a 2.6 one without steal and guest', () => {
  const ec2 =
    'cpu  10132153 290696 3084719 46828483 16683 0 25195 1200 175628 0\ncpu0 1393280 32966 572056 13343292 6130 0 17875 0 23933 0\nintr 1 2\n';
  assert.deepEqual(parseStat(ec2), {
    busy: 10132153 + 290696 + 3084719 + 0 + 25195 + 1200,
    total: 10132153 + 290696 + 3084719 + 46828483 + 16683 + 25195 + 1200,
  });
  assert.deepEqual(parseStat('cpu  100 5 20 1000\n'), { busy: 125, total: 1125 });
  assert.throws(() => parseStat(''), /does not begin/);
  assert.throws(() => parseStat('intr 1 2 3\n'), /does not begin/);
});

test('cpu: the share of the interval; nothing wild where counters stand still or go back', () => {
  const at = (busy: number, total: number) => ({ busy, total });
  assert.equal(cpuPercent(at(100, 1000), at(150, 1100)), 50);
  assert.equal(cpuPercent(at(100, 1000), at(100, 1000)), undefined);
  assert.equal(cpuPercent(at(900, 1000), at(10, 20)), undefined);
  assert.equal(cpuPercent(at(100, 1000), at(99, 1100)), 0);
  return fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), fc.nat(), (a, b, c, d) => {
      const percent = cpuPercent(at(a, a + b), at(c, c + d));
      assert.ok(percent === undefined || (percent >= 0 && percent <= 100));
    }),
  );
});

test('memory: MemAvailable counts, where there is none what is free and cached does', () => {
  const modern =
    'MemTotal:        8000000 kB\nMemFree:          500000 kB\nMemAvailable:    6000000 kB\nBuffers: 1 kB\nCached: 3 kB\n';
  assert.equal(memoryPercent(modern), 25);
  const old =
    'MemTotal:        1000 kB\nMemFree:          100 kB\nBuffers:           50 kB\nCached:           340 kB\nSwapCached:       500 kB\nSReclaimable:      10 kB\n';
  assert.equal(memoryPercent(old), 50);
  assert.throws(() => memoryPercent('SwapTotal: 5 kB\n'), /no MemTotal/);
});

test('network: interfaces of any kernel, aliases and missing spaces', () => {
  const modern = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1000 10 0 0 0 0 0 0 1000 10 0 0 0 0 0 0
  ens5: 123456789 1000 0 0 0 0 0 0 987654321 900 0 0 0 0 0 0
`;
  assert.deepEqual(
    [...parseNetDev(modern)],
    [
      ['lo', 2000],
      ['ens5', 1111111110],
    ],
  );
  assert.deepEqual(
    [...parseNetDev('eth0:100 1 0 0 0 0 0 0 50 1 0 0 0 0 0 0\n  eth0:1: 7 1 0 0 0 0 0 0 3 1 0 0 0 0 0 0\n')],
    [
      ['eth0', 150],
      ['eth0:1', 10],
    ],
  );
  assert.deepEqual([...parseNetDev('')], []);
});

test('disk: sectors of every device, with 14, 18 and 20 fields', () => {
  const text = `   8       0 sda 100 0 800 5 50 0 400 5 0 10 10
 259       0 nvme0n1 1000 5 16000 100 2000 10 32000 200 0 150 300 0 0 0 0
 259       1 nvme0n1p1 900 5 15000 100 2000 10 32000 200 0 150 300 0 0 0 0 7 9
 252       0 dm-0 1 0 8 0 0 0 0 0 0 0 0
`;
  assert.deepEqual(
    [...parseDiskStats(text)],
    [
      ['sda', 1200],
      ['nvme0n1', 48000],
      ['nvme0n1p1', 47000],
      ['dm-0', 8],
    ],
  );
});

test('load: the first number, or an error', () => {
  assert.equal(parseLoad('0.42 0.30 0.25 1/123 4567\n'), 0.42);
  assert.throws(() => parseLoad(''), /does not begin with a number/);
  assert.throws(() => parseLoad('none'), /does not begin with a number/);
});

test('gpu: each GPU with its use; one that cannot tell is an error, never idle', () => {
  assert.deepEqual(parseNvidia('0, NVIDIA A10G, 12\n1, NVIDIA A10G, 97\n'), [
    { index: 0, name: 'NVIDIA A10G', percent: 12 },
    { index: 1, name: 'NVIDIA A10G', percent: 97 },
  ]);
  assert.throws(() => parseNvidia('0, NVIDIA A100, [N/A]\n'), /nvidia-smi says "0, NVIDIA A100, \[N\/A\]"/);
  assert.throws(
    () => parseNvidia('NVIDIA-SMI has failed because it could not communicate with the driver\n'),
    /nvidia-smi says/,
  );
});

test('input: the youngest terminal; consoles that were never used carry the time of boot', () => {
  const bootedMs = 1_000_000;
  const unused = { name: 'tty1', atimeMs: bootedMs + 2_000, mtimeMs: bootedMs + 2_000 };
  assert.equal(latestActivity([unused], bootedMs), undefined);
  assert.deepEqual(latestActivity([unused, { name: 'pts/0', atimeMs: 5_000_000, mtimeMs: 6_000_000 }], bootedMs), {
    name: 'pts/0',
    atMs: 6_000_000,
  });
  assert.deepEqual(latestActivity([{ ...unused, mtimeMs: 9_000_000 }], bootedMs), { name: 'tty1', atMs: 9_000_000 });
});

test('input: interrupts of the keyboard controller, over all processors', () => {
  const text =
    '           CPU0       CPU1\n  1:          9          3   IO-APIC   1-edge      i8042\n  8:          0          0   IO-APIC   8-edge      rtc0\n 12:        100         44   IO-APIC  12-edge      i8042\n';
  assert.equal(inputInterrupts(text), 156);
  assert.equal(inputInterrupts('  8: 5 IO-APIC rtc0\n'), 0);
});

test('rates: a device that appears, vanishes, begins again or wraps gives no wild value', () => {
  assert.equal(
    growth(
      new Map([['eth0', 100]]),
      new Map([
        ['eth0', 300],
        ['eth1', 1e12],
      ]),
    ),
    200,
  );
  assert.equal(
    growth(
      new Map([
        ['eth0', 100],
        ['eth1', 1e12],
      ]),
      new Map([['eth0', 300]]),
    ),
    200,
  );
  assert.equal(growth(new Map([['eth0', 1e12]]), new Map([['eth0', 5]])), 0);
  assert.equal(growth(new Map([['eth0', 2 ** 32 - 100]]), new Map([['eth0', 50]])), 150);
  const counters = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 2 ** 40 }));
  return fc.assert(
    fc.property(fc.array(counters, { minLength: 2 }), (samples) => {
      const rate = createRate();
      samples.forEach((sample, index) => {
        const perSecond = rate(new Map(Object.entries(sample)), index * 1000);
        if (index === 0) assert.equal(perSecond, undefined);
        else assert.ok(perSecond !== undefined && perSecond >= 0 && perSecond <= 3 * 2 ** 40);
      });
    }),
  );
});
