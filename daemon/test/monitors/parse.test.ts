import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNvidia } from '../../src/monitors/gpu.ts';
import { inputInterrupts, latestActivity } from '../../src/monitors/input.ts';

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
