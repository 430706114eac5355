import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Reading } from '../../src/monitors/monitor.ts';
import { MONITORS } from '../../src/monitors/registry.ts';
import { createSampler } from '../../src/monitors/sampler.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { hostBelow, inWords } from './host-of-files.ts';

const CAPTURES = new URL('captures/', import.meta.url).pathname;
/** What the captured hosts did between steps 1 and 2 (captures/guest.sh), in KiB: no counter was asked for it. */
const WRITTEN_KIB = 8 * 1024;
const PINGED_KIB = (500 * 2 * (1400 + 42)) / 1024;

/** `disks` and `cards` say how often that work passed a whole disk and a physical card: a mirror writes twice. */
const VIRTUAL_HOSTS = [
  { host: 'debian-11-linux-5.10', disks: 6, cards: 2 },
  { host: 'debian-12-linux-6.1-cloud', disks: 6, cards: 2 },
  { host: 'debian-13-linux-6.12-arm64', disks: 3, cards: 2 },
  { host: 'debian-14-linux-7.2', disks: 6, cards: 3 },
] as const;

/** Plays the steps of a captured host to all monitors, each at the time at which it was captured. */
function replay(t: TestContext, host: string) {
  const root = temporaryDirectory(t);
  const clock = createFakeClock(undefined, 0);
  const sampler = createSampler(hostBelow(root, clock), () => MONITORS);
  t.after(() => sampler.close());
  return async (step: string) => {
    const from = join(CAPTURES, host, step);
    for (const file of ['stat', 'meminfo', 'loadavg', 'net/dev', 'diskstats']) {
      mkdirSync(dirname(join(root, 'proc', file)), { recursive: true });
      writeFileSync(join(root, 'proc', file), readFileSync(join(from, 'proc', file)));
    }
    if (existsSync(join(from, 'sys'))) {
      rmSync(join(root, 'sys'), { force: true });
      symlinkSync(join(from, 'sys'), join(root, 'sys'));
    }
    const sinceMs = Number.parseFloat(readFileSync(join(from, 'proc/uptime'), 'utf8')) * 1000 - clock.bootMs();
    await clock.advance(sinceMs);
    const { readings } = await sampler.sample();
    /** The whole of the interval, where the monitor gives it by the second. */
    const sum = (name: string) => (measured(readings[name]) * sinceMs) / 1000;
    return { readings, sum };
  };
}

function measured(reading: Reading | undefined): number {
  assert.ok(reading?.status === 'measured' && Number.isFinite(reading.value), JSON.stringify(reading));
  return reading.value;
}

function assertBetween(value: number, least: number, most: number): void {
  assert.ok(value >= least && value <= most, `${value} is not between ${least} and ${most}`);
}

for (const { host, disks, cards } of VIRTUAL_HOSTS) {
  test(`${host}: what was written and sent is counted once, whatever carries it`, async (t) => {
    const play = replay(t, host);
    assert.equal((await play('1')).readings['network']?.status, 'pending');
    const { readings, sum } = await play('2');
    assertBetween(sum('disk'), disks * WRITTEN_KIB, disks * WRITTEN_KIB * 1.03);
    assertBetween(sum('network'), cards * PINGED_KIB, cards * PINGED_KIB * 1.03);
    assertBetween(measured(readings['cpu']), 0.1, 99.9);
    assertBetween(measured(readings['memory']), 1, 99);
    assertBetween(measured(readings['load']), 0, 10);
  });

  test(`${host}: a processor and a card that are taken away and come back give no wild value`, async (t) => {
    const play = replay(t, host);
    await play('1');
    await play('2');
    for (const step of ['3', '4', '5', '6']) {
      const { readings, sum } = await play(step);
      assertBetween(measured(readings['cpu']), 0.1, 99.9);
      assertBetween(sum('network'), 0, 100);
      assertBetween(sum('disk'), 0, 1024);
    }
  });

  // only these hosts had the programs that it takes
  if (!existsSync(join(CAPTURES, host, 'container-1'))) continue;
  test(`${host}: a suspend, which begins the counters of the cards again, is not taken for silence`, async (t) => {
    const play = replay(t, host);
    await play('1');
    await play('6');
    const { readings, sum } = await play('7');
    assert.match(inWords(readings['network']), /^pending: .* the counters of eth1 began again$/);
    assertBetween(measured(readings['cpu']), 0.1, 99.9);
    assertBetween(sum('disk'), 0, 1024);
    assertBetween((await play('8')).sum('network'), 0, 100);
  });

  test(`${host}: what host and container say to each other is traffic of the container alone`, async (t) => {
    const outside = replay(t, host);
    await outside('1');
    await outside('8');
    assertBetween((await outside('9')).sum('network'), 0, 20);
    const inside = replay(t, host);
    await inside('container-1');
    assertBetween((await inside('container-2')).sum('network'), PINGED_KIB, PINGED_KIB * 1.03);
  });
}

test('firecracker-linux-6.18: one disk and one card, beside what mirrors it and what is only memory', async (t) => {
  const play = replay(t, 'firecracker-linux-6.18');
  await play('1');
  const { readings, sum } = await play('2');
  assert.equal(Math.round(sum('network') * 1024), 2590615494 - 2589684234 + 2949710 - 2946895);
  assert.equal(Math.round(sum('disk') * 2), 10686362 - 10685874 + 17067600 - 17045080);
  assertBetween(measured(readings['cpu']), 0.1, 99.9);
});
