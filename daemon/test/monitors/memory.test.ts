import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memory, memoryPercent } from '../../src/monitors/memory.ts';
import { hostOfFiles, inWords } from './host-of-files.ts';

const MODERN =
  'MemTotal:        8000000 kB\nMemFree:          500000 kB\nMemAvailable:    6000000 kB\nBuffers:               1 kB\nCached:                3 kB\n';

test('MemAvailable counts where the kernel tells it', () => {
  assert.equal(memoryPercent(MODERN), 25);
});

test('before 3.14 what is free and cached counts, but not what lies in shared memory', () => {
  const old = (shmem: string) =>
    `MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 340 kB\nSwapCached: 500 kB\n${shmem}SReclaimable: 10 kB\n`;
  assert.equal(memoryPercent(old('Shmem: 300 kB\n')), 80);
  assert.equal(memoryPercent(old('')), 50, '2.6.18 does not tell its shared memory');
  assert.equal(memoryPercent(old('Shmem: 400 kB\n')), 84, 'shared memory in swap is not cached');
});

test('a malformed or missing number is a failed reading in words, never a measured one', async (t) => {
  const found = async (text: string) => inWords(await hostOfFiles(t, memory, { 'proc/meminfo': text }).sample());
  assert.equal(await found('SwapTotal: 5 kB\n'), 'failed: /proc/meminfo has no MemTotal');
  assert.equal(
    await found(MODERN.replace('6000000', 'many')),
    'failed: /proc/meminfo: MemAvailable is "many kB", expected a number of kB',
  );
  assert.match(await found(MODERN.replace('8000000', '-8')), /^failed: .*MemTotal is "-8 kB"/);
  assert.match(await found(MODERN.replace('8000000', '0')), /^failed: .*6000000 of 0 kB/);
  assert.match(await found('MemTotal: 0 kB\nMemAvailable: 0 kB\n'), /^failed: .*0 of 0 kB/);
  assert.match(
    await found(MODERN.replace('6000000 kB', '6000000 kBytes')),
    /^failed: .*MemAvailable is "6000000 kBytes"/,
  );
  assert.match(await found(MODERN.replace('6000000', '9000000')), /^failed: .*9000000 of 8000000 kB/);
  assert.equal(await found('MemTotal: 1000 kB\nMemFree: 900 kB\n'), 'failed: /proc/meminfo has no Cached');
});

test('wherever the text is cut short, it gives the right value or an error', () => {
  for (let length = 0; length < MODERN.length; length++)
    try {
      assert.equal(memoryPercent(MODERN.slice(0, length)), 25, `cut after ${length}`);
    } catch (error) {
      assert.match(String(error), /\/proc\/meminfo/);
    }
});
