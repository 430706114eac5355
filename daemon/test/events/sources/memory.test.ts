import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memory, parseOomKills, parsePressure } from '../../../src/events/sources/memory.ts';
import { pressure, startHostSource, vmstat } from './source-world.ts';

test('memory pressure is one event while it lasts, and ends with words that it is over', async (t) => {
  const { proc, look, notices, told, journal } = startHostSource(t, memory);
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
  const { proc, look, told, notices } = startHostSource(t, memory, {
    memory: { some_percent: null, full_percent: null },
  });
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
  const { proc, look, told } = startHostSource(t, memory, { memory: { hold_seconds: 300 } });
  proc('pressure/memory', pressure(0, 0));
  for (const kills of [7, 8, 8]) {
    proc('vmstat', vmstat(kills));
    await look();
  }
  assert.deepEqual(told(), ['notice system.memory.pressure:oom-kills', 'ended system.memory.pressure:oom-kills']);
});

test('a process that a kernel without pressure figures ends is told all the same', async (t) => {
  const { proc, look, told, health } = startHostSource(t, memory);
  for (const kills of [7, 8]) {
    proc('vmstat', vmstat(kills));
    await look();
  }
  assert.deepEqual(told(), ['notice system.memory.pressure:oom-kills']);
  assert.equal(health().status, 'failing');
});

test('a kernel without pressure figures is said once, and the rest of the daemon does not mind', async (t) => {
  const { proc, look, lines, health, notices } = startHostSource(t, memory);
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

test('what is no figure of the kernel is an error', () => {
  assert.throws(() => parsePressure('some avg10=0.00\n'), /no line for "some"/);
  assert.throws(() => parseOomKills('nr_free_pages 1\n'), /no line for "oom_kill"/);
});
