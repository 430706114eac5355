import type { HostFiles } from './host-files.ts';

/**
 * Which interfaces of /proc/net/dev carry each byte of the host once.
 *
 * Physical ones do: they have a device behind them. What a bond, bridge, VLAN, tunnel or container carries goes
 * through one of those and would count twice. A network namespace without any (a container) counts the interfaces
 * that lead out of it, and where none can be told, all that are built on nothing.
 */
export function chooseInterfaces(files: HostFiles, names: readonly string[]): ReadonlySet<string> {
  const found = names
    .filter((name) => name !== 'lo')
    .map((name) => ({ name, entries: files.listSys(`class/net/${name}`) }));
  const physical = found.filter(({ entries }) => entries.includes('device'));
  return physical.length > 0 ? chooseCards(files, physical) : chooseWaysOut(files, found);
}

/** `entries`: what stands in /sys/class/net/<name> (the kernel's Documentation/ABI/testing/sysfs-class-net). */
type Interface = { name: string; entries: readonly string[] };

/**
 * A port of a switch chip passes its bytes on to the card that the chip hangs on. A card can be taken into a card: the
 * fast path of Azure and of virtio's failover, whose bytes the master counts too, and goes on counting without it.
 */
function chooseCards(files: HostFiles, physical: readonly Interface[]): ReadonlySet<string> {
  const cards = physical.filter(({ name }) => !/^DEVTYPE=dsa$/m.test(files.sys(`class/net/${name}/uevent`) ?? ''));
  // a port alone was given to this namespace without its card
  if (cards.length === 0) return namesOf(physical);
  const masters = namesOf(cards);
  return namesOf(cards.filter(({ name }) => !masters.has(masterOf(files, name))));
}

/** A veth or macvlan has its other end elsewhere; one that was taken into a bridge serves containers inside of this one. */
function chooseWaysOut(files: HostFiles, found: readonly Interface[]): ReadonlySet<string> {
  const plain = found.filter(({ entries }) => !entries.some((entry) => entry.startsWith('lower_')));
  const leadingOut = plain.filter(({ name, entries }) => {
    const peer = files.sys(`class/net/${name}/iflink`) ?? '0';
    return peer !== '0' && peer !== files.sys(`class/net/${name}/ifindex`) && !entries.includes('master');
  });
  return namesOf(leadingOut.length > 0 ? leadingOut : plain);
}

function masterOf(files: HostFiles, name: string): string {
  const path = files.resolveSys(`class/net/${name}/master`) ?? '';
  return path.slice(path.lastIndexOf('/') + 1);
}

function namesOf(interfaces: readonly Interface[]): ReadonlySet<string> {
  return new Set(interfaces.map(({ name }) => name));
}
