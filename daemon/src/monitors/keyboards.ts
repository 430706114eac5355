import type { HostFiles } from './host-files.ts';

/**
 * Watches keyboards, mice and touch screens through counters of /sys that anybody may read: the interrupts of
 * PS/2 and virtio ones, and the transfers of USB ones (`urbnum`; a device with nothing to say completes none). What
 * else makes such a device talk counts as well: its lights, a battery that is asked, sound on a headset with keys.
 * Bluetooth, `uinput` (remote desktops) and Hyper-V keyboards have no counter and are not seen.
 * @returns a function that tells whether any was used since it was last called; the first call never does.
 */
export function watchKeyboards(files: HostFiles): () => boolean {
  let devices: string | undefined;
  let counters: string[] = [];
  let counts = '';
  return () => {
    const events = files.listSys('class/input').filter((name) => name.startsWith('event'));
    const found = events.join();
    const isNew = found !== devices;
    if (isNew) counters = countersOf(files, events);
    const now = counters.map((path) => files.sys(path));
    // the same names can stand for other devices, when one was plugged in elsewhere
    devices = now.includes(undefined) ? undefined : found;
    const used = !isNew && now.join() !== counts;
    counts = now.join();
    return used;
  };
}

/** The files whose numbers rise when one of these devices (`event0` …) is used, by where the device hangs. */
function countersOf(files: HostFiles, events: readonly string[]): string[] {
  const counters = new Set<string>();
  const actions = new Set<string>();
  for (const event of events) {
    const place = files.resolveSys(`class/input/${event}`) ?? '';
    // …/usb1/1-2/1-2:1.0/0003:046D:C31C.0001/input/… : the USB device, its interface, the HID device (bus 3 is USB)
    const usb = /\/(devices\/.+?)\/[^/]+\/0003:[0-9A-F]{4}:/.exec(place)?.[1];
    if (usb !== undefined) counters.add(`${usb}/urbnum`);
    const controller = /\/(i8042|virtio\d+)\//.exec(place)?.[1];
    if (controller !== undefined) actions.add(controller);
  }
  if (actions.size === 0) return [...counters];
  for (const irq of files.listSys('kernel/irq')) {
    const names = (files.sys(`kernel/irq/${irq}/actions`) ?? '').split(',');
    if (names.some((name) => actions.has(name.replace(/-.*$/, '')))) counters.add(`kernel/irq/${irq}/per_cpu_count`);
  }
  return [...counters];
}
