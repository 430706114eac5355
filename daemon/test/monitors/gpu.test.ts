import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { runCommand } from '../../src/command.ts';
import { checkMonitor } from '../../src/idle/monitor-check.ts';
import { gpu } from '../../src/monitors/gpu.ts';
import { pluginMetrics } from '../../src/monitors/metrics.ts';
import type { Gpu } from '../../src/monitors/monitor.ts';
import { parseNvidia } from '../../src/monitors/nvidia.ts';
import { isRunning } from '../support/processes.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { hostOfFiles, inWords } from './host-of-files.ts';

const DRIVER = { 'sys/module/nvidia/version': '550.54' };
const TWO = 'echo "0, NVIDIA A10G, 12, 300, 23028"; echo "1, NVIDIA A10G, 97, 20000, 23028"';

/** A host with a folder for programs: `install` puts a real nvidia-smi there that notes each run, `runs` counts them. */
function nvidiaHost(
  t: TestContext,
  { files = DRIVER, timeoutMs = 10_000 }: { files?: object; timeoutMs?: number } = {},
) {
  const folder = temporaryDirectory(t);
  const notes = join(folder, 'runs');
  const host = hostOfFiles(
    t,
    gpu,
    { ...files },
    {
      programPath: `${folder}:/usr/bin:/bin`,
      run: (command, args, options) =>
        runCommand(command, args, { ...options, timeoutMs: Math.min(options.timeoutMs, timeoutMs) }),
    },
  );
  return {
    ...host,
    folder,
    install: (script: string) =>
      writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\necho "$@" >> ${notes}\n${script}\n`, { mode: 0o755 }),
    runs: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n').length : 0),
  };
}

test('every GPU is named with its use and its memory, and the busiest decides', async (t) => {
  const { install, sampler } = nvidiaHost(t);
  install(TWO);
  const sample = await sampler.sample();
  const reading = sample.readings['gpu'];
  assert.ok(reading?.status === 'measured');
  const verdict = checkMonitor(gpu, reading, { threshold: 5, onError: 'busy', bootMs: 0, tookMs: 0 });
  assert.equal(verdict.reason, 'gpu 97 %, over 5 % (gpu0 12 %, gpu1 97 %)');
  assert.deepEqual(pluginMetrics(sample, 0).gpus, [
    { id: 'gpu0', name: 'NVIDIA A10G', usage: 12, memory_used_mib: 300, memory_total_mib: 23_028 },
    { id: 'gpu1', name: 'NVIDIA A10G', usage: 97, memory_used_mib: 20_000, memory_total_mib: 23_028 },
  ]);
});

test('a GPU that keeps its memory to itself is measured all the same', async (t) => {
  const { install, sample } = nvidiaHost(t);
  install('echo "0, NVIDIA GB10, 3, [N/A], [N/A]"');
  const reading = await sample();
  assert.ok(reading?.status === 'measured');
  assert.deepEqual([reading.value, reading.detail], [3, 'gpu0 NVIDIA GB10']);
  assert.deepEqual(reading.gpus?.[0]?.memoryUsedMib, null);
});

const CANNOT_TELL: [script: string, words: RegExp][] = [
  [
    'echo "0, A100, 0, 1, 2"; echo "1, A100, [N/A], 1, 2"',
    /^failed: gpu1 A100 does not tell its use: nvidia-smi says \[N\/A\]$/,
  ],
  ['echo "0, A100, ERR!, 1, 2"', /nvidia-smi says ERR!$/],
  ['echo "0, A100, [Unknown Error], 1, 2"', /nvidia-smi says \[Unknown Error\]$/],
  ['echo "0, A100, -1, 1, 2"', /nvidia-smi says -1$/],
  ['echo "0, A100, 4294967295, 1, 2"', /nvidia-smi says 4294967295$/],
  ['echo "0, A100, 0"', /^failed: nvidia-smi says "0, A100, 0"$/],
  ['echo "  MIG 1g.5gb Device 0: (UUID: MIG-1)"', /^failed: nvidia-smi says "MIG 1g/],
  ['echo "No devices were found"', /^failed: nvidia-smi says "No devices/],
  [':', /^failed: nvidia-smi names no GPU$/],
  [
    'echo "NVIDIA-SMI has failed: no driver."; exit 9',
    /^failed: nvidia-smi ended with 9: NVIDIA-SMI has failed: no driver\.$/,
  ],
  ['echo "GPU is lost." >&2; exit 15', /^failed: nvidia-smi ended with 15: GPU is lost\.$/],
  ['exit 255', /^failed: nvidia-smi ended with 255: it said nothing$/],
  ['kill -9 $$', /^failed: nvidia-smi: it was ended by SIGKILL$/],
];
for (const [script, words] of CANNOT_TELL)
  test(`a GPU is unknown, never idle, when nvidia-smi does: ${script}`, async (t) => {
    const { install, sample } = nvidiaHost(t);
    install(script);
    assert.match(inWords(await sample()), words);
  });

test('property: whatever nvidia-smi prints, each GPU has a use between 0 and 100, or none is told', () => {
  const field = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.double().map(String),
    fc.constantFrom('[N/A]', 'ERR!'),
  );
  const line = fc.array(field, { maxLength: 7 }).map((fields) => fields.join(', '));
  const told = fc
    .tuple(fc.nat(9), fc.integer({ min: 0, max: 100 }))
    .map(([index, percent]) => `${index}, T4, ${percent}, 1, 2`);
  return fc.assert(
    fc.property(fc.array(fc.oneof(line, told)), (lines) => {
      let gpus: readonly Gpu[] = [];
      try {
        gpus = parseNvidia(lines.join('\n'));
      } catch (error) {
        assert.match(String(error), /nvidia-smi/);
        return;
      }
      assert.ok(gpus.length > 0);
      for (const { percent } of gpus) assert.ok(percent >= 0 && percent <= 100, `${percent} %`);
    }),
  );
});

test('a driver without its program is unknown', async (t) => {
  assert.equal(inWords(await nvidiaHost(t).sample()), 'failed: nvidia-smi: there is no such program');
});

test('a program that fails on a host without the driver says how to do without it', async (t) => {
  const { install, sample } = nvidiaHost(t, { files: {} });
  install('echo "no driver"; exit 9');
  assert.match(
    inWords(await sample()),
    /with 9: no driver; where there is no NVIDIA GPU, set gpu_monitoring_enabled to false$/,
  );
});

test('nvidia-smi is not run more often than the check interval, whether it answers or fails', async (t) => {
  for (const script of [TWO, 'exit 9']) {
    const { install, sample, clock, runs } = nvidiaHost(t);
    install(script);
    for (const afterMs of [0, 1_000, 58_000]) {
      await clock.advance(afterMs);
      await sample();
    }
    assert.equal(runs(), 1);
    await clock.advance(1_000);
    await sample();
    assert.equal(runs(), 2);
  }
});

test('the look before the host is stopped asks nvidia-smi anew', async (t) => {
  const { install, sampler, clock, runs } = nvidiaHost(t);
  install(TWO);
  await sampler.sample();
  await clock.advance(1_000);
  install(TWO.replace('97', '98'));
  const { readings } = await sampler.sample({ fresh: true });
  assert.equal(inWords(readings['gpu']), 'measured 98');
  assert.equal(runs(), 2);
});

test('what failed once is asked again, and a driver that comes later is found', async (t) => {
  const { install, sample, clock, write } = nvidiaHost(t, { files: {} });
  assert.equal(inWords(await sample()), 'absent: the host has no GPU that tells its use');
  install('exit 9');
  await clock.advance(10 * 60_000);
  assert.match(inWords(await sample()), /^failed: nvidia-smi ended with 9/);
  install(TWO);
  await clock.advance(60_000);
  assert.equal(inWords(await sample()), 'measured 97');
  write('sys/class/drm/card1/device/gpu_busy_percent', '99\n');
  await clock.advance(10 * 60_000);
  assert.equal(inWords(await sample()), 'measured 99');
});

test('an nvidia-smi that vanishes, as in an upgrade, leaves the GPU unknown and not absent', async (t) => {
  const { install, sample, clock, folder } = nvidiaHost(t, { files: {} });
  install(TWO);
  assert.equal(inWords(await sample()), 'measured 97');
  rmSync(join(folder, 'nvidia-smi'));
  await clock.advance(10 * 60_000);
  assert.equal(inWords(await sample()), 'failed: nvidia-smi: there is no such program');
});

test('an nvidia-smi that hangs is ended with all it started, and the GPU is unknown', async (t) => {
  let pid = 0;
  // as long as this machine takes to start it
  for (let timeoutMs = 250; pid === 0 && timeoutMs < 10_000; timeoutMs *= 4) {
    const { install, sample, folder } = nvidiaHost(t, { timeoutMs });
    const file = join(folder, 'pid');
    install(`sleep 1000 & echo $! > ${file}; wait`);
    assert.equal(inWords(await sample()), `failed: nvidia-smi: it did not end within ${timeoutMs} ms`);
    pid = Number(existsSync(file) && readFileSync(file, 'utf8'));
  }
  assert.ok(pid > 0);
  await waitFor('the end of what nvidia-smi started', () => !isRunning(pid));
});

test('an nvidia-smi that still runs is never run a second time, and ends with the sampler', async (t) => {
  const { install, sample, sampler, clock, folder, runs } = nvidiaHost(t);
  install(`echo $$ > ${folder}/pid; sleep 1000`);
  const first = sample();
  const pid = await waitFor(
    'nvidia-smi',
    () => existsSync(join(folder, 'pid')) && Number(readFileSync(join(folder, 'pid'), 'utf8')),
  );
  await clock.advance(15_000);
  assert.equal(inWords(await first), 'failed: it has not answered for 15 s');
  await clock.advance(60_000);
  assert.equal(inWords(await sample()), 'failed: it has not answered for 75 s');
  assert.equal(runs(), 1);
  sampler.close();
  await waitFor('the end of nvidia-smi', () => !isRunning(pid));
});

const amd = (card: number, busy: string, more: Record<string, string> = {}) => ({
  [`sys/class/drm/card${card}/device/gpu_busy_percent`]: busy,
  ...Object.fromEntries(Object.entries(more).map(([name, text]) => [`sys/class/drm/card${card}/device/${name}`, text])),
});

test('AMD cards tell use and memory in files; connectors and other cards are not counted', async (t) => {
  const { sample } = hostOfFiles(t, gpu, {
    ...amd(10, '7\n'),
    ...amd(2, '63\n', { mem_info_vram_used: '1073741824\n', mem_info_vram_total: '17163091968\n' }),
    'sys/class/drm/card2-HDMI-A-1/device/gpu_busy_percent': '99\n',
    'sys/class/drm/card0/device/vendor': '0x1a03\n',
    'sys/class/drm/renderD128/device/gpu_busy_percent': '98\n',
  });
  assert.deepEqual(await sample(), {
    status: 'measured',
    value: 63,
    detail: 'gpu0 63 %, gpu1 7 %',
    gpus: [
      { id: 'gpu0', name: 'AMD card2', percent: 63, memoryUsedMib: 1_024, memoryTotalMib: 16_368 },
      { id: 'gpu1', name: 'AMD card10', percent: 7, memoryUsedMib: null, memoryTotalMib: null },
    ],
  });
});

test('an AMD card that gives an error for its use is unknown while it is awake, and unused while it sleeps', async (t) => {
  // a folder in its place gives an error when it is read, as the driver does with EBUSY and EINVAL
  const unreadable = { 'sys/class/drm/card0/device/gpu_busy_percent/': '' };
  const awake = hostOfFiles(t, gpu, { ...unreadable, 'sys/class/drm/card0/device/power/runtime_status': 'active\n' });
  assert.equal(inWords(await awake.sample()), 'failed: gpu0 AMD card0 does not tell its use');
  const asleep = hostOfFiles(t, gpu, {
    ...unreadable,
    'sys/class/drm/card0/device/power/runtime_status': 'suspended\n',
  });
  assert.equal(inWords(await asleep.sample()), 'measured 0');
});

test('cards of both makers are numbered together', async (t) => {
  const { install, sample } = nvidiaHost(t, { files: { ...DRIVER, ...amd(0, '40\n') } });
  install('echo "0, NVIDIA T4, 12, 1, 2"');
  const reading = await sample();
  assert.equal(reading?.status === 'measured' && reading.detail, 'gpu0 12 %, gpu1 40 %');
});
