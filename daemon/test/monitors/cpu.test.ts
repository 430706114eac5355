import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { cpu, cpuPercent, parseStat } from '../../src/monitors/cpu.ts';
import { hostOfFiles, inWords } from './host-of-files.ts';

const STAT = 'cpu  10132153 290696 3084719 46828483 16683 0 25195 1200 175628 9\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 1 2\n';

test('guest time is counted once, stolen time is busy, waiting for a disk is not', () => {
  assert.deepEqual(parseStat(STAT), {
    busy: 10132153 + 290696 + 3084719 + 0 + 25195 + 1200,
    idle: 46828483 + 16683,
  });
  assert.deepEqual(parseStat('cpu  100 5 20 1000\n'), { busy: 125, idle: 1000 }, 'a 2.4 kernel has four numbers');
});

test('a text that is cut short, empty or no numbers is an error in words', () => {
  const whole = STAT.slice(0, STAT.indexOf('\n') + 1);
  for (const text of ['', 'intr 1 2 3\n', 'cpu  1 2 x 4\n', 'cpu  1 2 -3 4\n', 'cpu  1 2 3\n', 'cpu0 1 2 3 4\n', '\n'])
    assert.throws(() => parseStat(text), /^Error: \/proc\/stat does not begin with a whole line of all processors$/);
  for (let length = 0; length < whole.length; length++) assert.throws(() => parseStat(whole.slice(0, length)));
});

test('the whole interval counts, and iowait that the kernel turns back into idle time is no reset', async (t) => {
  const host = hostOfFiles(t, cpu, { 'proc/stat': 'cpu  100 0 0 1000 500 0 0 0 0 0\n' });
  assert.match(inWords(await host.sample()), /^pending: CPU use needs a second sample$/);
  assert.equal(inWords(await host.next('proc/stat', 'cpu  200 0 0 1400 400 0 0 0 0 0\n')), 'measured 25');
  assert.equal(inWords(await host.next('proc/stat', 'cpu  200 0 0 1500 400 0 0 0 0 0\n')), 'measured 0');
});

test('after a reset there is no value for once: not 0 %, which would be idle', async (t) => {
  const host = hostOfFiles(t, cpu, { 'proc/stat': 'cpu  900 0 0 100 0 0 0 0 0 0\n' });
  await host.sample();
  const migrated = await host.next('proc/stat', 'cpu  10 0 0 2000 0 0 0 0 0 0\n');
  assert.match(inWords(migrated), /^pending: .* stood still or went back$/);
  assert.equal(inWords(await host.next('proc/stat', 'cpu  20 0 0 2090 0 0 0 0 0 0\n')), 'measured 10');
});

test('idle time that was taken back by a suspend is no value: neither 100 % nor less', async (t) => {
  const host = hostOfFiles(t, cpu, { 'proc/stat': 'cpu  1000 0 0 9000 80 0 0 0 0 0\n' });
  await host.sample();
  assert.match(inWords(await host.next('proc/stat', 'cpu  1100 0 0 8950 76 0 0 0 0 0\n')), /^pending: /);
  assert.equal(inWords(await host.next('proc/stat', 'cpu  1150 0 0 9000 76 0 0 0 0 0\n')), 'measured 50');
});

test('counters that stand still (a sandbox that shows zeros) are never 0 %', async (t) => {
  const host = hostOfFiles(t, cpu, { 'proc/stat': 'cpu  0 0 0 0 0 0 0 0 0 0\n' });
  await host.sample();
  assert.match(inWords(await host.next('proc/stat', 'cpu  0 0 0 0 0 0 0 0 0 0\n')), /^pending: /);
});

test('a percentage lies between 0 and 100, or there is none', () =>
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), fc.nat(), (a, b, c, d) => {
      const percent = cpuPercent({ busy: a, idle: b }, { busy: c, idle: d });
      assert.equal(percent === undefined, c < a || d < b || (a === c && b === d));
      if (percent !== undefined) assert.ok(percent >= 0 && percent <= 100, `${percent}`);
    }),
  ));
