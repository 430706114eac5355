import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { network, parseRoutes, parseRoutes6 } from '../../../src/events/sources/network.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';
import { waitFor } from '../../support/wait-for.ts';
import { LOCAL, ROUTES, startHostSource } from './source-world.ts';

const DEFAULT = 'ens5\t00000000\t0100A8C0\t0003\t0\t0\t512\t00000000\t0\t0\t0\n';

test('a host that loses its default route has lost the network; one that never had one has not', async (t) => {
  const { proc, look, told } = startHostSource(t, network);
  for (const routes of [LOCAL, LOCAL, LOCAL + DEFAULT, LOCAL, LOCAL, LOCAL, LOCAL + DEFAULT, LOCAL + DEFAULT]) {
    proc('net/route', ROUTES + routes);
    await look();
  }
  assert.deepEqual(told(), ['notice system.network.down:default-route', 'ended system.network.down:default-route']);
});

test('a network that is still away when the daemon is started again is not back', async (t) => {
  const journal = createMemoryJournal();
  const first = startHostSource(t, network, {}, journal);
  for (const routes of [LOCAL + DEFAULT, LOCAL, LOCAL]) {
    first.proc('net/route', ROUTES + routes);
    await first.look();
  }
  await first.end();
  const second = startHostSource(t, network, {}, journal);
  for (const routes of [LOCAL, LOCAL, LOCAL, LOCAL + DEFAULT]) {
    assert.deepEqual(second.told(), []);
    second.proc('net/route', ROUTES + routes);
    await second.look();
  }
  await second.look();
  assert.deepEqual(second.told(), ['ended system.network.down:default-route']);
});

test('an address that can be reached, or refuses, is there; one that is not is the loss of the network', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await waitFor('the server', () => server.listening);
  const { port } = server.address() as { port: number };
  const reachable = startHostSource(t, network, { network: { address: `127.0.0.1:${port}`, hold_seconds: 0 } });
  reachable.sample();
  await waitFor('the look', () => reachable.health().status === 'ok');
  assert.equal(reachable.health().message, `127.0.0.1:${port} can be reached`);
  // No TCP can go to a broadcast address: the kernel itself says no.
  const unknown = startHostSource(t, network, { network: { address: '255.255.255.255:80', hold_seconds: 0 } });
  unknown.sample();
  await waitFor('the event', () => unknown.notices.length === 1);
  assert.equal(unknown.told()[0], 'notice system.network.down:255.255.255.255:80');
});

test('a default route of IPv6 is one, too, but not one that refuses or leads into the loopback device', () => {
  const line = (flags: string, device: string) =>
    `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fe800000000000000000000000000001 00000400 00000001 00000000 ${flags} ${device}`;
  assert.equal(parseRoutes6(line('00000003', 'ens5')), true);
  assert.equal(parseRoutes6(line('00200200', 'lo')), false);
  assert.equal(parseRoutes6(line('00000203', 'ens5')), false);
  assert.equal(parseRoutes(ROUTES + LOCAL), false);
});
