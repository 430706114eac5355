import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { SourcesConfig } from '../../../src/config/config.ts';
import { cpu, loadOf } from '../../../src/events/sources/cpu.ts';
import { disk, parseMounts, spaceOf } from '../../../src/events/sources/disk.ts';
import { memory, parseOomKills, parsePressure } from '../../../src/events/sources/memory.ts';
import { network, parseRoutes, parseRoutes6 } from '../../../src/events/sources/network.ts';
import type { Source } from '../../../src/events/sources/source.ts';
import { openHostFiles } from '../../../src/monitors/host-files.ts';
import type { Sample } from '../../../src/monitors/monitor.ts';
import { defaultEvents } from '../../support/default-events.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { sourceContext } from './source-world.ts';

type Settings = { [Name in keyof SourcesConfig]?: Partial<SourcesConfig[Name]> };

/** A source over a /proc of one's own and a clock that stands still between samples. */
function start(t: TestContext, source: Source, settings: Settings = {}, journal = createMemoryJournal()) {
  const procRoot = temporaryDirectory(t);
  const clock = createFakeClock();
  const files = openHostFiles({ procRoot });
  t.after(() => files.close());
  const config = () => {
    const { sources, ...rest } = defaultEvents();
    const merged = Object.fromEntries(
      Object.entries(sources).map(([name, its]) => [name, { ...its, ...settings[name as keyof Settings] }]),
    ) as SourcesConfig;
    return { ...rest, sources: merged };
  };
  const world = sourceContext(t, { clock, files, journal, config });
  const { health } = world.watch(source);
  return {
    ...world,
    clock,
    health,
    proc(path: string, text: string) {
      mkdirSync(join(procRoot, path, '..'), { recursive: true });
      writeFileSync(join(procRoot, path), text);
    },
    async look(readings: Sample['readings'] = {}) {
      world.sample(readings);
      await clock.advance(60_000);
    },
    told: () => world.notices.map((notice) => `${notice.kind} ${notice.id.replace(/:\d{4}-.*/, '')}`),
  };
}

const pressure = (some: number, full: number) =>
  `some avg10=0.00 avg60=${some.toFixed(2)} avg300=0.00 total=1\nfull avg10=0.00 avg60=${full.toFixed(2)} avg300=0.00 total=1\n`;
const vmstat = (kills: number) => `nr_free_pages 123\noom_kill ${kills}\nnuma_hit 5\n`;

test('memory pressure is one event while it lasts, and ends with words that it is over', async (t) => {
  const { proc, look, notices, told, journal } = start(t, memory);
  proc('vmstat', vmstat(3));
  for (const [some, full] of [
    [0, 0],
    [41, 0],
    [39, 0],
    [50, 12],
    [25, 6],
    [15, 2],
    [0, 0],
  ] as const) {
    proc('pressure/memory', pressure(some, full));
    await look();
  }
  assert.deepEqual(told(), ['notice system.memory.pressure:pressure', 'ended system.memory.pressure:pressure']);
  const [begun, ended] = notices;
  assert.ok(begun?.kind === 'notice' && ended?.kind === 'ended');
  assert.deepEqual(begun.data, {
    key: 'pressure',
    some_percent: 41,
    full_percent: 0,
    message: 'for 41 % of the last minute some task waited for memory, for 0 % all did',
  });
  assert.equal(ended.data?.['resolved'], true);
  assert.equal(journal.get(begun.id)?.state, 'ended');
});

test('a process that the kernel ends for want of memory is an event of its own; what happened before counts not', async (t) => {
  const { proc, look, told, notices } = start(t, memory, { memory: { some_percent: null, full_percent: null } });
  for (const kills of [7, 7, 9, 9, 10]) {
    proc('vmstat', vmstat(kills));
    await look();
  }
  assert.deepEqual(told(), [
    'notice system.memory.pressure:oom-kills',
    'ended system.memory.pressure:oom-kills',
    'notice system.memory.pressure:oom-kills',
  ]);
  assert.ok(notices[0]?.kind === 'notice' && notices[0].data['oom_kills'] === 2);
});

test('a process that the kernel ends is told at once, however long pressure has to last', async (t) => {
  const { proc, look, told } = start(t, memory, { memory: { hold_seconds: 300 } });
  proc('pressure/memory', pressure(0, 0));
  for (const kills of [7, 8, 8]) {
    proc('vmstat', vmstat(kills));
    await look();
  }
  assert.deepEqual(told(), ['notice system.memory.pressure:oom-kills', 'ended system.memory.pressure:oom-kills']);
});

test('a process that a kernel without pressure figures ends is told all the same', async (t) => {
  const { proc, look, told, health } = start(t, memory);
  for (const kills of [7, 8]) {
    proc('vmstat', vmstat(kills));
    await look();
  }
  assert.deepEqual(told(), ['notice system.memory.pressure:oom-kills']);
  assert.equal(health().status, 'failing');
});

test('load is watched where the CPU is not', async (t) => {
  const { look, told } = start(t, cpu, { cpu: { load_per_cpu: 1, hold_seconds: 0 } });
  await look({ load: { status: 'measured', value: 100_000 } });
  assert.deepEqual(told(), ['notice system.cpu.high:load']);
});

test('a kernel without pressure figures is said once, and the rest of the daemon does not mind', async (t) => {
  const { proc, look, lines, health, notices } = start(t, memory);
  proc('vmstat', vmstat(0));
  await look();
  await look();
  assert.equal(health().status, 'failing');
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^memory is not fully watched: .*pressure/);
  proc('pressure/memory', pressure(0, 0));
  await look();
  assert.deepEqual([health().status, lines.at(-1), notices.length], ['ok', 'memory is watched again', 0]);
});

test('a CPU that is busy for five minutes is an event, a peak is none', async (t) => {
  const { look, told } = start(t, cpu);
  const at = (value: number) => look({ cpu: { status: 'measured', value } });
  for (const value of [99, 99, 99, 50, 99, 99, 99, 99, 99, 99]) await at(value);
  assert.deepEqual(told(), ['notice system.cpu.high:cpu']);
  for (const value of [90, 90, 90, 90, 90, 90, 90]) await at(value);
  assert.equal(told().length, 1, 'still near the edge');
  for (const value of [10, 10, 10, 10, 10, 10, 10]) await at(value);
  assert.deepEqual(told(), ['notice system.cpu.high:cpu', 'ended system.cpu.high:cpu']);
});

test('a CPU that is not measured is not watched, and that is said', async (t) => {
  const { look, health } = start(t, cpu);
  await look({ cpu: { status: 'pending', reason: 'the first sample' } });
  assert.deepEqual([health().status, health().message], ['failing', 'the first sample']);
  await look({});
  assert.equal(health().message, 'the cpu monitor is turned off');
});

test('load counts for each CPU', () => {
  assert.deepEqual([loadOf(8, 2, 4).level, loadOf(7.9, 2, 4).level, loadOf(6, 2, 4).level], ['bad', 'between', 'good']);
});

test('a real disk is looked at, and a mount that vanishes ends its event', async (t) => {
  const directory = temporaryDirectory(t);
  const { look, health, notices } = start(t, disk, { disk: { mounts: [directory], free_percent: 100 } });
  await waitFor('the look', async () => {
    await look();
    return notices.length > 0;
  });
  assert.ok(notices[0]?.kind === 'notice');
  assert.equal(notices[0].data['mount'], directory);
  assert.match(health().message, /has [\d.]+ % free \(\d+ MiB\)$/);
});

test('disk space is measured as a user sees it, against percent and MiB', () => {
  const level = (freeMib: number, percent: number | null, mib: number | null) =>
    spaceOf('/', { freeBytes: freeMib * 2 ** 20, totalBytes: 1000 * 2 ** 20 }, { free_percent: percent, free_mib: mib })
      .level;
  assert.deepEqual([level(50, 5, null), level(55, 5, null), level(60, 5, null)], ['bad', 'between', 'good']);
  assert.deepEqual([level(100, 5, 100), level(100, 5, null), level(100, null, null)], ['bad', 'good', 'good']);
});

test('mounts of local disks are watched, each once, and none that is read-only or of another host', () => {
  const mounts = parseMounts(
    [
      '/dev/nvme0n1p1 / ext4 rw,relatime 0 0',
      '/dev/nvme0n1p1 /snap/bind ext4 rw,relatime 0 0',
      '/dev/nvme1n1 /mnt/with\\040space xfs rw,noatime 0 0',
      '/dev/loop3 /snap/core squashfs ro,nodev 0 0',
      '/dev/sdb1 /media ext4 ro,relatime 0 0',
      'nas:/export /nas nfs4 rw 0 0',
      'tmpfs /run tmpfs rw 0 0',
      '',
    ].join('\n'),
  );
  assert.deepEqual(mounts, ['/', '/mnt/with space']);
});

const ROUTES = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
const DEFAULT = 'ens5\t00000000\t0100A8C0\t0003\t0\t0\t512\t00000000\t0\t0\t0\n';
const LOCAL = 'ens5\t0000A8C0\t00000000\t0001\t0\t0\t512\t00F0FFFF\t0\t0\t0\n';

test('a host that loses its default route has lost the network; one that never had one has not', async (t) => {
  const { proc, look, told } = start(t, network);
  for (const routes of [LOCAL, LOCAL, LOCAL + DEFAULT, LOCAL, LOCAL, LOCAL, LOCAL + DEFAULT, LOCAL + DEFAULT]) {
    proc('net/route', ROUTES + routes);
    await look();
  }
  assert.deepEqual(told(), ['notice system.network.down:default-route', 'ended system.network.down:default-route']);
});

test('a default route of IPv6 is one, too, but not one that refuses or leads into the loopback device', () => {
  const line = (flags: string, device: string) =>
    `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fe800000000000000000000000000001 00000400 00000001 00000000 ${flags} ${device}`;
  assert.equal(parseRoutes6(line('00000003', 'ens5')), true);
  assert.equal(parseRoutes6(line('00200200', 'lo')), false);
  assert.equal(parseRoutes6(line('00000203', 'ens5')), false);
  assert.equal(parseRoutes(ROUTES + LOCAL), false);
});

test('an address that can be reached, or refuses, is there; one that is not is the loss of the network', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await waitFor('the server', () => server.listening);
  const { port } = server.address() as { port: number };
  const reachable = start(t, network, { network: { address: `127.0.0.1:${port}`, hold_seconds: 0 } });
  reachable.sample();
  await waitFor('the look', () => reachable.health().status === 'ok');
  assert.equal(reachable.health().message, `127.0.0.1:${port} can be reached`);
  // No TCP can go to a broadcast address: the kernel itself says no.
  const unknown = start(t, network, { network: { address: '255.255.255.255:80', hold_seconds: 0 } });
  unknown.sample();
  await waitFor('the event', () => unknown.notices.length === 1);
  assert.equal(unknown.told()[0], 'notice system.network.down:255.255.255.255:80');
});

test('a condition that an earlier daemon has told of goes on as the same event', async (t) => {
  const journal = createMemoryJournal();
  const first = start(t, memory, {}, journal);
  first.proc('vmstat', vmstat(0));
  first.proc('pressure/memory', pressure(90, 90));
  await first.look();
  await first.end();
  const second = start(t, memory, {}, journal);
  second.proc('vmstat', vmstat(0));
  second.proc('pressure/memory', pressure(90, 90));
  await second.look();
  assert.equal(second.notices.length, 0);
  second.proc('pressure/memory', pressure(0, 0));
  await second.look();
  assert.deepEqual(
    second.notices.map(({ kind, id }) => [kind, id]),
    [['ended', first.notices[0]?.id]],
  );
});

/** Settings that make each condition begin, and others with which it is no longer watched. */
const NO_LONGER: [source: Source, key: string, before: Settings, after: Settings][] = [
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
    const { proc, look, notices, context, end } = start(t, source, settings);
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
    for (const name of Object.keys(after) as (keyof Settings)[])
      Object.assign(settings, { [name]: { ...before[name], ...after[name] } });
    if (!source.applies(context)) await end();
    else await until(2);
    const [, ended] = notices;
    assert.ok(ended?.kind === 'ended');
    assert.deepEqual([ended.reason, ended.data?.['resolved']], [`${key} is no longer watched`, false]);
  });
}

test('a disk that cannot be looked at keeps its event, while others answer, and is told when it can', async (t) => {
  const directory = temporaryDirectory(t);
  const mount = join(directory, 'mount');
  // In one step, because a look may be on its way: it must never find nothing there.
  const linkTo = (target: string) => {
    symlinkSync(target, `${mount}.new`);
    renameSync(`${mount}.new`, mount);
  };
  linkTo(directory);
  const { look, notices, health } = start(t, disk, { disk: { mounts: ['/', mount], free_percent: 100 } });
  const until = (what: string, is: () => boolean) =>
    waitFor(what, async () => {
      await look();
      return is();
    });
  await until('both', () => notices.length === 2);
  linkTo(mount); // ELOOP, for every user
  await until('the fault', () => health().status === 'failing');
  assert.match(health().message, /ELOOP.*mount/);
  linkTo(directory);
  await until('the disk again', () => health().status === 'ok');
  assert.equal(notices.length, 2);
});

test('a disk that the configuration names and that is not there is said, once in the log, and hides no other', async (t) => {
  const mount = join(temporaryDirectory(t), 'nope');
  const { look, notices, health, lines } = start(t, disk, { disk: { mounts: ['/', mount], free_percent: 100 } });
  await waitFor('the other, and the fault', async () => {
    await look();
    return notices.length === 1 && health().status === 'failing';
  });
  for (const _ of [1, 2, 3]) await look();
  assert.equal(health().message, `${mount} cannot be looked at: there is nothing there`);
  assert.deepEqual(
    lines.filter((line) => line.includes(mount)),
    [`disk is not fully watched: ${mount} cannot be looked at: there is nothing there`],
  );
  mkdirSync(mount);
  await waitFor('the disk', async () => {
    await look();
    return notices.length === 2 && health().status === 'ok';
  });
});

test('a disk that is gone, and an end for want of memory before the daemon was started again, are over', async (t) => {
  const directory = join(temporaryDirectory(t), 'mount');
  mkdirSync(directory);
  const { look, notices } = start(t, disk, { disk: { mounts: ['/', directory], free_percent: 100 } });
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
  assert.deepEqual([notices[2].reason, notices[2].data], [`${directory} is gone`, { resolved: true }]);

  const journal = createMemoryJournal();
  const first = start(t, memory, {}, journal);
  for (const kills of [1, 2]) {
    first.proc('vmstat', vmstat(kills));
    await first.look();
  }
  await first.end();
  const second = start(t, memory, {}, journal);
  second.proc('vmstat', vmstat(2));
  await second.look();
  const [ended] = second.notices;
  assert.ok(first.notices.length === 1 && ended?.kind === 'ended');
  assert.deepEqual([ended.reason, ended.data?.['resolved']], ['none was ended', true]);
});

test('a network that is still away when the daemon is started again is not back', async (t) => {
  const journal = createMemoryJournal();
  const first = start(t, network, {}, journal);
  for (const routes of [LOCAL + DEFAULT, LOCAL, LOCAL]) {
    first.proc('net/route', ROUTES + routes);
    await first.look();
  }
  await first.end();
  const second = start(t, network, {}, journal);
  for (const routes of [LOCAL, LOCAL, LOCAL, LOCAL + DEFAULT]) {
    assert.deepEqual(second.told(), []);
    second.proc('net/route', ROUTES + routes);
    await second.look();
  }
  await second.look();
  assert.deepEqual(second.told(), ['ended system.network.down:default-route']);
});

test('how long a condition must last is as the configuration says now', async (t) => {
  const settings = { memory: { hold_seconds: 86_400 } };
  const { proc, look, told } = start(t, memory, settings);
  proc('vmstat', vmstat(0));
  proc('pressure/memory', pressure(90, 90));
  await look();
  await look();
  assert.deepEqual(told(), []);
  settings.memory.hold_seconds = 60;
  await look();
  assert.deepEqual(told(), ['notice system.memory.pressure:pressure']);
});

test('what is no figure of the kernel is an error', () => {
  assert.throws(() => parsePressure('some avg10=0.00\n'), /no line for "some"/);
  assert.throws(() => parseOomKills('nr_free_pages 1\n'), /no line for "oom_kill"/);
});
