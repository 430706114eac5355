import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { cpu } from '../../src/monitors/cpu.ts';
import { disk } from '../../src/monitors/disk.ts';
import { gpu } from '../../src/monitors/gpu.ts';
import { input } from '../../src/monitors/input.ts';
import { load } from '../../src/monitors/load.ts';
import { memory } from '../../src/monitors/memory.ts';
import type { Monitor } from '../../src/monitors/monitor.ts';
import { network } from '../../src/monitors/network.ts';
import { type Information, onOtherPlatforms } from '../../src/monitors/other-platforms.ts';
import { hostOfFiles, inWords } from './host-of-files.ts';

/** Readings of a monitor on macOS or Windows, one after the other, a minute apart. */
async function readings(t: TestContext, monitor: Monitor, platform: NodeJS.Platform, count: number): Promise<string[]> {
  const host = hostOfFiles(t, monitor, {}, { platform });
  const found: string[] = [];
  for (let index = 0; index < count; index++) {
    await host.clock.advance(60_000);
    found.push(inWords(await host.sample()));
  }
  return found;
}

/** systeminformation with these answers, for what cannot be had on the machine of a test. */
const answering = (answers: { [name in keyof Information]?: unknown[] }) => {
  const calls = Object.entries(answers).map(([name, list = []]) => [name, async () => list.shift()]);
  return () => Promise.resolve(Object.fromEntries(calls) as Information);
};

for (const monitor of [cpu, network, disk])
  test(`the first sample of ${monitor.name} is no rate yet, the second is`, async (t) => {
    const [first, second] = await readings(t, onOtherPlatforms(monitor), 'darwin', 2);
    assert.equal(first, `pending: ${monitor.name} needs a second sample`);
    assert.match(String(second), /^(measured \d|pending)/);
  });

test('memory and load are told at once', async (t) => {
  for (const monitor of [memory, load])
    assert.match(String(await readings(t, onOtherPlatforms(monitor), 'darwin', 1)), /^measured \d/);
});

const first = { iface: 'en0', rx_sec: null, tx_sec: null };
const REFUSED: [what: string, monitor: Monitor, last: RegExp][] = [
  [
    'an interface that came a moment ago',
    onOtherPlatforms(
      network,
      answering({
        networkStats: [
          [first],
          [
            { iface: 'en0', rx_sec: 1024, tx_sec: 1024 },
            { ...first, iface: 'en1' },
          ],
        ],
      }),
    ),
    /^pending: network/,
  ],
  [
    'counters that went back',
    onOtherPlatforms(network, answering({ networkStats: [[first], [{ iface: 'en0', rx_sec: -9, tx_sec: 0 }]] })),
    /^pending: network/,
  ],
  ['disks that Windows does not tell', onOtherPlatforms(disk, answering({ fsStats: [null, null] })), /^failed: cannot/],
  ['the load on Windows, which is always 0', onOtherPlatforms(load), /^failed: cannot be measured on win32/],
  [
    'memory of which nothing is known',
    onOtherPlatforms(memory, answering({ mem: [{}, { total: 0, available: 0 }] })),
    /^failed: .* no number: NaN/,
  ],
  ['input', onOtherPlatforms(input), /^failed: cannot be measured on win32; turn it off with a threshold of null$/],
  ['a package that throws', onOtherPlatforms(cpu, () => Promise.reject(new Error('EPERM'))), /^failed: EPERM$/],
];
for (const [what, monitor, last] of REFUSED)
  test(`never idle: ${what}`, async (t) => assert.match(String((await readings(t, monitor, 'win32', 2))[1]), last));

test('what en0 carries in and out is summed up; a GPU that tells nothing is absent', async (t) => {
  const busy = [first, { iface: 'lo0', rx_sec: 9e9, tx_sec: 9e9 }];
  const stats = answering({ networkStats: [busy, [{ iface: 'en0', rx_sec: 1024, tx_sec: 2048 }, ...busy.slice(1)]] });
  assert.equal((await readings(t, onOtherPlatforms(network, stats), 'darwin', 2))[1], 'measured 3');
  const graphics = answering({
    graphics: [{ controllers: [{ model: 'M4' }] }, { controllers: [{ utilizationGpu: 7 }] }],
  });
  assert.deepEqual(await readings(t, onOtherPlatforms(gpu, graphics), 'darwin', 2), [
    'absent: no GPU tells its use',
    'measured 7',
  ]);
});
