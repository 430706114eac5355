import type { HostFiles } from './host-files.ts';

/**
 * Which interfaces of /proc/net/dev carry each byte of the host once.
 *
 * Physical ones do: they have a device behind them. What a bond, bridge, VLAN, tunnel or container carries goes
 * through one of those and would count twice. A network namespace without any (a container) counts the interfaces
 * that lead out of it, and where none can be told, all that are built on nothing.
 */
export function chooseInterfaces(files: HostFiles, names: readonly string[]): ReadonlySet<string> {
  const found = names.filter((name) => name !== 'lo' && !name.includes(':')).map((name) => look(files, name));
  const physical = found.filter(({ hasDevice }) => hasDevice);
  if (physical.length > 0) {
    const cards = physical.filter(({ isSwitchPort }) => !isSwitchPort);
    const masters = namesOf(cards);
    // a port alone was given to this namespace without the card that its chip hangs on
    return namesOf(cards.length === 0 ? physical : cards.filter(({ master }) => !masters.has(master)));
  }
  const plain = found.filter(({ isBuilt }) => !isBuilt);
  const leadingOut = plain.filter(({ hasPeer, master }) => hasPeer && master === '');
  return namesOf(leadingOut.length > 0 ? leadingOut : plain);
}

/** One interface, from /sys/class/net/<name> (the kernel's Documentation/ABI/testing/sysfs-class-net). */
type Interface = {
  name: string;
  hasDevice: boolean;
  /**
   * The interface that this one was taken into, or ''. A card can be taken into a card: the fast path of Azure and of
   * virtio's failover, whose bytes the master counts as well, and goes on counting when the fast path is gone.
   */
  master: string;
  /** A port of a switch chip on the board: its bytes pass the card that the chip hangs on. */
  isSwitchPort: boolean;
  isBuilt: boolean;
  /** The other end is elsewhere, as with a veth or macvlan in a container. */
  hasPeer: boolean;
};

function look(files: HostFiles, name: string): Interface {
  const entries = files.listSys(`class/net/${name}`);
  const hasDevice = entries.includes('device');
  const peer = files.sys(`class/net/${name}/iflink`) ?? '0';
  return {
    name,
    hasDevice,
    master: hasDevice || entries.includes('master') ? nameOf(files.resolveSys(`class/net/${name}/master`)) : '',
    isSwitchPort: hasDevice && /^DEVTYPE=dsa$/m.test(files.sys(`class/net/${name}/uevent`) ?? ''),
    isBuilt: entries.some((entry) => ['bonding', 'bridge'].includes(entry) || entry.startsWith('lower_')),
    hasPeer: peer !== '0' && peer !== files.sys(`class/net/${name}/ifindex`),
  };
}

function nameOf(path: string | undefined): string {
  return path?.slice(path.lastIndexOf('/') + 1) ?? '';
}

function namesOf(interfaces: readonly Interface[]): ReadonlySet<string> {
  return new Set(interfaces.map(({ name }) => name));
}
