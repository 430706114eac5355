import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openHostFiles } from '../../src/monitors/host-files.ts';
import { input } from '../../src/monitors/input.ts';
import { watchKeyboards } from '../../src/monitors/keyboards.ts';
import { hostOfFiles, rootsBelow } from './host-of-files.ts';

const USB = 'devices/pci0000:00/0000:00:04.0/usb1';
const PS2 = 'devices/platform/i8042/serio0/input/input0/event0';
const KEYBOARD = `${USB}/1-1/1-1:1.0/0003:0627:0001.0001/input/input2/event1`;
// a wireless keyboard hangs below its receiver, which is a HID device itself
const WIRELESS = `${USB}/1-2/1-2:1.1/0003:046D:C52B.0003/0003:046D:4024.0006/input/input3/event2`;
const VIRTIO = 'devices/pci0000:00/0000:00:05.0/virtio0/input/input4/event3';
const BUTTON = 'devices/LNXSYSTM:00/LNXPWRBN:00/input/input5/event4';

/** A host with one device of each kind, as Linux 6.1 shows them, and a disk on the same USB controller. */
function host(t: TestContext) {
  const links = Object.fromEntries(
    [PS2, KEYBOARD, WIRELESS, VIRTIO, BUTTON].flatMap((device, index) => [
      [`sys/${device}/`, ''],
      [`sys/class/input/event${index}`, `-> ../../${device}`],
    ]),
  );
  const { root, write, remove } = hostOfFiles(t, input, {
    ...links,
    'sys/class/input/mice/': '',
    [`sys/${USB}/urbnum`]: '40\n',
    [`sys/${USB}/1-1/urbnum`]: '15\n',
    [`sys/${USB}/1-2/urbnum`]: '13\n',
    'sys/kernel/irq/0/actions': 'timer\n',
    'sys/kernel/irq/0/per_cpu_count': '94,0\n',
    'sys/kernel/irq/1/actions': 'i8042\n',
    'sys/kernel/irq/1/per_cpu_count': '0,9\n',
    'sys/kernel/irq/24/actions': 'xhci_hcd\n',
    'sys/kernel/irq/24/per_cpu_count': '59,0\n',
    'sys/kernel/irq/25/actions': 'virtio0-virtqueues\n',
    'sys/kernel/irq/25/per_cpu_count': '0,2\n',
    'sys/kernel/irq/26/actions': 'virtio1-req.0\n',
    'sys/kernel/irq/26/per_cpu_count': '7,0\n',
  });
  const used = watchKeyboards(openHostFiles(rootsBelow(root)));
  assert.equal(used(), false);
  assert.equal(used(), false);
  return { write, remove, used };
}

for (const [what, file, count] of [
  ['a PS/2 keyboard', 'sys/kernel/irq/1/per_cpu_count', '0,10\n'],
  ['a USB keyboard', `sys/${USB}/1-1/urbnum`, '16\n'],
  ['a wireless keyboard', `sys/${USB}/1-2/urbnum`, '14\n'],
  ['a virtio keyboard', 'sys/kernel/irq/25/per_cpu_count', '0,3\n'],
] as const)
  test(`a key on ${what} is seen, once`, (t) => {
    const { write, used } = host(t);
    write(file, count);
    assert.equal(used(), true);
    assert.equal(used(), false);
  });

test('a busy timer, disk or USB controller is no input', (t) => {
  const { write, used } = host(t);
  for (const irq of [0, 24, 26]) write(`sys/kernel/irq/${irq}/per_cpu_count`, '5000,5000\n');
  write(`sys/${USB}/urbnum`, '9000\n');
  assert.equal(used(), false);
});

test('a keyboard that is plugged in is seen from then on, even under the name of another', (t) => {
  const { write, remove, used } = host(t);
  const moved = KEYBOARD.replaceAll('1-1', '1-7');
  remove(`sys/${USB}/1-1`);
  remove('sys/class/input/event1');
  write(`sys/${moved}/`, '');
  write(`sys/${USB}/1-7/urbnum`, '3\n');
  write('sys/class/input/event1', `-> ../../${moved}`);
  used();
  assert.equal(used(), false);
  write(`sys/${USB}/1-7/urbnum`, '4\n');
  assert.equal(used(), true);
  write(`sys/${USB}/1-9/urbnum`, '3\n');
  const added = KEYBOARD.replaceAll('1-1', '1-9');
  write(`sys/${added}/`, '');
  write('sys/class/input/event9', `-> ../../${added}`);
  assert.equal(used(), false);
  write(`sys/${USB}/1-9/urbnum`, '4\n');
  assert.equal(used(), true);
});
