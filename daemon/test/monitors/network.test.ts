import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { network, parseNetDev } from '../../src/monitors/network.ts';
import { growthSeen, hostOfFiles, inWords } from './host-of-files.ts';

const TITLES = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;
const line = (name: string, received: number, sent: number) =>
  `${name.padStart(6)}: ${received} 9 0 0 0 0 0 0 ${sent} 9 0 0 0 0 0 0\n`;
/** Bytes received by interface; each has sent as many. */
const netDev = (interfaces: Record<string, number>) =>
  TITLES +
  Object.entries({ lo: 0, ...interfaces })
    .map(([name, bytes]) => line(name, bytes, bytes))
    .join('');

/** What the monitor makes of 10 seconds in which that one alone did anything. */
const rateOf = (t: TestContext, names: string[], grown: string, sys: Record<string, string>) =>
  growthSeen(t, { monitor: network, path: 'proc/net/dev', text: netDev }, { names, grown: [grown, 5_120], sys });

test('each interface has what it received and what it sent, with aliases and missing spaces', () => {
  assert.deepEqual(
    [...parseNetDev(TITLES + line('lo', 1000, 1000) + line('ens5', 123456789, 987654321))],
    [
      ['lo', [1000, 1000]],
      ['ens5', [123456789, 987654321]],
    ],
  );
  assert.deepEqual(
    [...parseNetDev('eth0:100 1 0 0 0 0 0 0 50 1 0 0 0 0 0 0\n  eth0:1: 7 1 0 0 0 0 0 0 3 1 0 0 0 0 0 0\n')],
    [
      ['eth0', [100, 50]],
      ['eth0:1', [7, 3]],
    ],
  );
});

test('a text that is empty, cut short or holds something else is an error in words', () => {
  assert.throws(() => parseNetDev(''), /^Error: \/proc\/net\/dev names no interface/);
  assert.throws(() => parseNetDev(TITLES), /names no interface/);
  assert.throws(
    () => parseNetDev(`${TITLES}  eth0: 100 1 0 0`),
    /^Error: \/proc\/net\/dev: cannot read "eth0: 100 1 0 0"$/,
  );
  assert.throws(() => parseNetDev(netDev({}).replace(': 0', ': ?')), /cannot read "lo: \?/);
});

test('a /proc/net/dev that cannot be read or is empty is failed, not absent', async (t) => {
  assert.match(inWords(await hostOfFiles(t, network, {}).sample()), /^failed: .*net\/dev/);
  assert.match(inWords(await hostOfFiles(t, network, { 'proc/net/dev': '' }).sample()), /^failed: .*no interface/);
});

test('a host with a loopback alone has no network', async (t) => {
  assert.match(inWords(await hostOfFiles(t, network, { 'proc/net/dev': netDev({}) }).sample()), /^absent: /);
});

/** Composed after netvsc and mlx5: Azure shows one card as two, the fast path taken into the synthetic one. */
const AZURE = {
  'sys/class/net/eth0/device/': '',
  'sys/class/net/eth0/lower_enP1s1/': '',
  'sys/class/net/enP1s1/device/': '',
  'sys/class/net/enP1s1/master': '-> ../eth0',
};

test('the fast path of Azure is counted on its master, which counts it as well', async (t) => {
  const names = ['eth0', 'enP1s1'];
  assert.equal(await rateOf(t, names, 'eth0', AZURE), 'measured 1');
  assert.equal(await rateOf(t, names, 'enP1s1', AZURE), 'measured 0');
});

test('when Azure takes the fast path away, the synthetic card goes on counting', async (t) => {
  const host = hostOfFiles(t, network, { 'proc/net/dev': netDev({ eth0: 0, enP1s1: 0 }), ...AZURE });
  await host.sample();
  host.remove('sys/class/net/enP1s1');
  host.remove('sys/class/net/eth0/lower_enP1s1');
  assert.equal(inWords(await host.next('proc/net/dev', netDev({ eth0: 5_120 }))), 'measured 1');
  assert.equal(inWords(await host.next('proc/net/dev', netDev({ eth0: 10_240 }))), 'measured 1');
});

test('a fast path that is taken in later is found within a minute', async (t) => {
  const { 'sys/class/net/enP1s1/master': master, ...alone } = AZURE;
  const host = hostOfFiles(t, network, { 'proc/net/dev': netDev({ eth0: 0, enP1s1: 0 }), ...alone });
  await host.sample();
  host.write('sys/class/net/enP1s1/master', master);
  await host.next('proc/net/dev', netDev({ eth0: 0, enP1s1: 0 }), 60_000);
  assert.equal(inWords(await host.next('proc/net/dev', netDev({ eth0: 5_120, enP1s1: 5_120 }))), 'measured 1');
});

test('a switch chip is counted on the card that it hangs on, with and without the link to it', async (t) => {
  const ports = { 'sys/class/net/eth0/device/': '', 'sys/class/net/lan1/device/': '' };
  const uevent = 'DEVTYPE=dsa\nINTERFACE=lan1\nIFINDEX=3\n';
  const old = { ...ports, 'sys/class/net/lan1/uevent': uevent };
  assert.equal(await rateOf(t, ['eth0', 'lan1'], 'eth0', old), 'measured 1');
  assert.equal(await rateOf(t, ['eth0', 'lan1'], 'lan1', old), 'measured 0');
  assert.equal(
    await rateOf(t, ['eth0', 'lan1'], 'lan1', { ...old, 'sys/class/net/lan1/lower_eth0/': '' }),
    'measured 0',
  );
});

test('a port of a switch chip that was given to a namespace without its card counts there', async (t) => {
  const port = { 'sys/class/net/lan1/device/': '', 'sys/class/net/lan1/uevent': 'DEVTYPE=dsa\n' };
  assert.equal(await rateOf(t, ['lan1'], 'lan1', port), 'measured 1');
});

test('the cards below a bond, team or bridge count, and nothing that is built on them', async (t) => {
  const sys = {
    'sys/class/net/eth0/device/': '',
    'sys/class/net/eth0/master': '-> ../bond0',
    'sys/class/net/eth1/device/': '',
    'sys/class/net/eth1/master': '-> ../team0',
    'sys/class/net/eth2/device/': '',
    'sys/class/net/eth2/master': '-> ../br0',
    'sys/class/net/bond0/bonding/': '',
    'sys/class/net/team0/lower_eth1/': '',
    'sys/class/net/br0/bridge/': '',
    'sys/class/net/bond0.7/lower_bond0/': '',
    'sys/class/net/tun0/tun_flags': '0x1001',
    'sys/class/net/wg0/': '',
    'sys/class/net/docker0/bridge/': '',
    'sys/class/net/veth1/master': '-> ../docker0',
  };
  const virtual = ['bond0', 'team0', 'br0', 'bond0.7', 'tun0', 'wg0', 'docker0', 'veth1', 'ifb0', 'dummy0'];
  const names = ['eth0', 'eth1', 'eth2', ...virtual];
  for (const name of names)
    assert.equal(await rateOf(t, names, name, sys), virtual.includes(name) ? 'measured 0' : 'measured 1', name);
});

/** A container: the other end of eth0 is in the host, docker0 serves containers inside of it. */
const CONTAINER = {
  'sys/class/net/eth0/ifindex': '5',
  'sys/class/net/eth0/iflink': '6',
  'sys/class/net/docker0/bridge/': '',
  'sys/class/net/docker0/ifindex': '7',
  'sys/class/net/docker0/iflink': '7',
  'sys/class/net/veth1/master': '-> ../docker0',
  'sys/class/net/veth1/ifindex': '9',
  'sys/class/net/veth1/iflink': '8',
  'sys/class/net/wg0/ifindex': '10',
  'sys/class/net/wg0/iflink': '10',
  'sys/class/net/sit0/ifindex': '2',
  'sys/class/net/sit0/iflink': '0',
};

test('in a container the interface that leads out counts, and not what it serves itself', async (t) => {
  const names = ['sit0', 'eth0', 'docker0', 'veth1', 'wg0'];
  for (const name of names)
    assert.equal(await rateOf(t, names, name, CONTAINER), name === 'eth0' ? 'measured 1' : 'measured 0', name);
});

test('a container whose only way out is a tap or a WireGuard tunnel counts that', async (t) => {
  const tap = {
    'sys/class/net/tap0/tun_flags': '0x1002',
    'sys/class/net/tap0/ifindex': '2',
    'sys/class/net/tap0/iflink': '2',
  };
  assert.equal(await rateOf(t, ['tap0'], 'tap0', tap), 'measured 1');
  assert.equal(
    await rateOf(t, ['wg0'], 'wg0', { 'sys/class/net/wg0/ifindex': '2', 'sys/class/net/wg0/iflink': '2' }),
    'measured 1',
  );
});

test('a container whose tap was taken into a bridge counts the tap alone', async (t) => {
  const bridged = { 'sys/class/net/tap0/master': '-> ../br0', 'sys/class/net/br0/lower_tap0': '-> ../tap0' };
  assert.equal(await rateOf(t, ['tap0', 'br0'], 'tap0', bridged), 'measured 1');
  assert.equal(await rateOf(t, ['tap0', 'br0'], 'br0', bridged), 'measured 0');
});

test('where /sys is closed every interface but the loopback counts: too much rather than too little', async (t) => {
  assert.equal(await rateOf(t, ['eth0', 'eth1'], 'eth1', {}), 'measured 1');
});

test('a card that is plugged in or pulled hides nothing of the others', async (t) => {
  const host = hostOfFiles(t, network, {
    'proc/net/dev': netDev({ eth0: 0 }),
    'sys/class/net/eth0/device/': '',
    'sys/class/net/eth1/device/': '',
  });
  await host.sample();
  assert.equal(inWords(await host.next('proc/net/dev', netDev({ eth0: 5_120, eth1: 9e12 }))), 'measured 1');
  assert.equal(inWords(await host.next('proc/net/dev', netDev({ eth0: 10_240, eth1: 9e12 + 5_120 }))), 'measured 2');
  assert.equal(inWords(await host.next('proc/net/dev', netDev({ eth0: 15_360 }))), 'measured 1');
  assert.match(inWords(await host.next('proc/net/dev', netDev({ eth1: 77 }))), /^pending: .*no device is there/);
});
