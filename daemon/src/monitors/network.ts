import type { HostFiles } from './host-files.ts';
import { defineMonitor } from './monitor.ts';
import { createRate } from './rates.ts';

/** Traffic in and out of the host, each byte counted once. */
export const network = defineMonitor({
  name: 'network',
  title: 'network traffic, in and out',
  unit: 'KiB/s',
  idleWhen: 'below',
  open({ files, clock }) {
    const rate = createRate();
    const counts = createInterfaceFilter(files);
    return {
      sample() {
        const all = parseNetDev(files.proc('net/dev'));
        const counted = new Map([...all].filter(([name]) => counts(name, all)));
        if (counted.size === 0) return { status: 'absent', reason: 'the host has no network interface' };
        const bytesPerSecond = rate(counted, clock.bootMs());
        if (bytesPerSecond === undefined) return { status: 'pending', reason: 'network traffic needs a second sample' };
        return { status: 'measured', value: bytesPerSecond / 1024 };
      },
    };
  },
});

/** Bytes received and sent by interface, from /proc/net/dev (proc_net(5)): two lines of titles, then a line for each. */
export function parseNetDev(text: string): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const line of text.split('\n')) {
    // Old kernels put no space behind the colon, and an alias (`eth0:1`) has a colon in its name.
    const colon = line.lastIndexOf(':');
    if (colon < 0) continue;
    const fields = line
      .slice(colon + 1)
      .trim()
      .split(/ +/);
    if (fields.length < 9) continue;
    bytes.set(line.slice(0, colon).trim(), Number(fields[0]) + Number(fields[8]));
  }
  return bytes;
}

/**
 * Whether an interface's bytes count. Physical ones do (they have a device behind them); what a bond, bridge, VLAN,
 * tunnel or container carries goes through one of those and would count twice. A host without any physical one
 * (a container) counts what is neither loopback nor built on another interface. What an interface is does not change
 * while it lives, so /sys is asked once for each name.
 */
function createInterfaceFilter(files: HostFiles): (name: string, all: ReadonlyMap<string, number>) => boolean {
  const known = new Map<string, 'physical' | 'built' | 'plain'>();
  const kindOf = (name: string) => {
    const found = known.get(name) ?? kindOfInterface(files, name);
    known.set(name, found);
    return found;
  };
  return (name, all) => {
    for (const old of known.keys()) if (!all.has(old)) known.delete(old);
    const hasPhysical = [...all.keys()].some((other) => kindOf(other) === 'physical');
    return kindOf(name) === (hasPhysical ? 'physical' : 'plain');
  };
}

/** From /sys/class/net/<name>: see the kernel's Documentation/ABI/testing/sysfs-class-net. */
function kindOfInterface(files: HostFiles, name: string): 'physical' | 'built' | 'plain' {
  if (name === 'lo' || name.includes(':')) return 'built';
  const entries = files.listSys(`class/net/${name}`);
  const isMaster = entries.some(
    (entry) => ['bonding', 'bridge', 'tun_flags'].includes(entry) || entry.startsWith('lower_'),
  );
  if (isMaster || /^(veth|docker|br-|virbr|tun|tap|wg|dummy|ifb|sit|gre|ip6tnl)/.test(name)) return 'built';
  return entries.includes('device') ? 'physical' : 'plain';
}
