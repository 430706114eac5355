import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cpu } from '../../../src/events/sources/cpu.ts';
import { disk } from '../../../src/events/sources/disk.ts';
import { memory } from '../../../src/events/sources/memory.ts';
import { network } from '../../../src/events/sources/network.ts';
import type { Source } from '../../../src/events/sources/source.ts';
import type { Sample } from '../../../src/monitors/monitor.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type HostSettings, LOCAL, pressure, ROUTES, startHostSource, vmstat } from './source-world.ts';

test('a condition that an earlier daemon has told of goes on as the same event', async (t) => {
  const journal = createMemoryJournal();
  const first = startHostSource(t, memory, {}, journal);
  first.proc('vmstat', vmstat(0));
  first.proc('pressure/memory', pressure(90, 90));
  await first.look();
  await first.end();
  const second = startHostSource(t, memory, {}, journal);
  second.proc('vmstat', vmstat(0));
  second.proc('pressure/memory', pressure(90, 90));
  await second.look();
  assert.equal(second.notices.length, 0);
  second.proc('pressure/memory', pressure(0, 0));
  await second.look();
  const message = 'for 0 % of the last minute some task waited for memory, for 0 % all did';
  assert.deepEqual(second.notices, [
    {
      kind: 'ended',
      id: first.notices[0]?.id,
      reason: message,
      data: { resolved: true, some_percent: 0, full_percent: 0, message },
    },
  ]);
});

/** HostSettings that make each condition begin, and others with which it is no longer watched. */
const NO_LONGER: [source: Source, key: string, before: HostSettings, after: HostSettings][] = [
  [disk, '/', { disk: { mounts: ['/'], free_percent: 100 } }, { disk: { mounts: ['/proc'], free_percent: 5 } }],
  [disk, '/', { disk: { mounts: ['/'], free_percent: 100 } }, { disk: { free_percent: null } }],
  [disk, '/', { disk: { mounts: ['/'], free_percent: 100 } }, { disk: { enabled: false } }],
  [memory, 'pressure', { memory: {} }, { memory: { some_percent: null, full_percent: null } }],
  [memory, 'pressure', { memory: {} }, { memory: { enabled: false } }],
  [cpu, 'load', { cpu: { load_per_cpu: 1, hold_seconds: 0 } }, { cpu: { load_per_cpu: null } }],
  [cpu, 'load', { cpu: { load_per_cpu: 1, hold_seconds: 0 } }, { cpu: { load_per_cpu: null, percent: null } }],
  [
    network,
    '255.255.255.255:80',
    { network: { address: '255.255.255.255:80', hold_seconds: 0 } },
    { network: { address: null } },
  ],
];

for (const [source, key, before, after] of NO_LONGER) {
  test(`${key} is said to be no longer watched, not over, with ${JSON.stringify(after)}`, async (t) => {
    const settings = { ...before };
    const { proc, look, notices, context, end } = startHostSource(t, source, settings);
    proc('vmstat', vmstat(0));
    proc('pressure/memory', pressure(90, 90));
    proc('net/route', ROUTES + LOCAL);
    const readings: Sample['readings'] = { load: { status: 'measured', value: 100_000 } };
    const until = (count: number) =>
      waitFor(`notice ${count}`, async () => {
        await look(readings);
        return notices.length === count;
      });
    await until(1);
    for (const name of Object.keys(after) as (keyof HostSettings)[])
      Object.assign(settings, { [name]: { ...before[name], ...after[name] } });
    if (!source.applies(context)) await end();
    else await until(2);
    const [, ended] = notices;
    assert.ok(ended?.kind === 'ended');
    const message = `${key} is no longer watched`;
    assert.deepEqual([ended.reason, ended.data], [message, { resolved: false, message }]);
  });
}

test('a disk that is gone, and an end for want of memory before the daemon was started again, are over', async (t) => {
  const directory = join(temporaryDirectory(t), 'mount');
  mkdirSync(directory);
  const { look, notices } = startHostSource(t, disk, { disk: { mounts: ['/', directory], free_percent: 100 } });
  await waitFor('both', async () => {
    await look();
    return notices.length === 2;
  });
  rmdirSync(directory);
  await waitFor('the end', async () => {
    await look();
    return notices.length === 3;
  });
  assert.ok(notices[2]?.kind === 'ended');
  const message = `${directory} is gone`;
  assert.deepEqual([notices[2].reason, notices[2].data], [message, { resolved: true, message }]);

  const journal = createMemoryJournal();
  const first = startHostSource(t, memory, {}, journal);
  for (const kills of [1, 2]) {
    first.proc('vmstat', vmstat(kills));
    await first.look();
  }
  await first.end();
  const second = startHostSource(t, memory, {}, journal);
  second.proc('vmstat', vmstat(2));
  await second.look();
  const [ended] = second.notices;
  assert.ok(first.notices.length === 1 && ended?.kind === 'ended');
  assert.deepEqual([ended.reason, ended.data?.['resolved']], ['none was ended', true]);
});

test('how long a condition must last is as the configuration says now', async (t) => {
  const settings = { memory: { hold_seconds: 86_400 } };
  const { proc, look, told } = startHostSource(t, memory, settings);
  proc('vmstat', vmstat(0));
  proc('pressure/memory', pressure(90, 90));
  await look();
  await look();
  assert.deepEqual(told(), []);
  settings.memory.hold_seconds = 60;
  await look();
  assert.deepEqual(told(), ['notice system.memory.pressure:pressure']);
});
