import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { runOnce } from '../../test-support/exec.ts';
import { listen } from '../../test-support/service.ts';

const directory = new URL('..', import.meta.url).pathname;

/** A server with clients: `connectClient` comes back when both ends are there. */
async function start(
  test: it.TestContext,
): Promise<{ server: Server; port: number; connectClient(): Promise<Socket> }> {
  const server = createServer();
  const port = await listen(server);
  const sockets: Socket[] = [];
  test.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    server,
    port,
    async connectClient() {
      const arrived = once(server, 'connection');
      const client = connect(port, '127.0.0.1');
      sockets.push(client, ...((await arrived) as Socket[]));
      client.on('error', () => {});
      return client;
    },
  };
}

/** The kernel's table with these connections: local, remote, state. */
function table(
  test: it.TestContext,
  name: 'tcp' | 'tcp6',
  rows: [string, string, string][],
  beside?: Record<string, string>,
): Record<string, string> {
  const folder = beside?.['SNOOZE_PROC_NET'] ?? temporaryDirectory(test);
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  writeFileSync(join(folder, name), head + rows.map((row, i) => `   ${i}: ${row.join(' ')} 0:0\n`).join(''));
  return { SNOOZE_PROC_NET: folder };
}

describe('port-watch', () => {
  it('is busy while a client is connected to a port, and idle after', async (test) => {
    const { port, connectClient } = await start(test);
    const config = { ports: [port] };
    assert.deepEqual(runOnce(directory, config), {
      code: 0,
      reason: '0 connections to the watched ports, idle up to 0',
      stderr: '',
    });
    const client = await connectClient();
    assert.deepEqual(runOnce(directory, config), {
      code: 1,
      reason: `1 connection on port ${port}; idle up to 0`,
      stderr: '',
    });
    client.destroy();
    await waitFor('no connection', () => runOnce(directory, config).code === 0);
  });

  it('takes ranges of ports, and as many connections as are allowed', async (test) => {
    const { port, connectClient } = await start(test);
    await connectClient();
    await connectClient();
    assert.equal(runOnce(directory, { ports: [1, `${port - 1}-${port + 1}`], max_connections: 2 }).code, 0);
    assert.equal(runOnce(directory, { ports: [1, `${port - 1}-${port + 1}`], max_connections: 1 }).code, 1);
    assert.equal(
      runOnce(directory, { ports: [`${port + 1}-65535`, 1], direction: 'in' }).reason.includes(`port ${port};`),
      false,
    );
  });

  it('can leave out what is within the host, in every way to write it', (test) => {
    const config = { ports: [8080], count_loopback: false };
    const inside: [string, string, string][] = [
      ['0100007F:1F90', '0100007F:C001', '01'],
      ['0100007F:1F90', '0200017F:C001', '01'],
      ['0A00000A:1F90', '0A00000A:C001', '01'], // by the host's own address
    ];
    assert.equal(runOnce(directory, config, table(test, 'tcp', inside)).code, 0);
    assert.equal(runOnce(directory, { ports: [8080] }, table(test, 'tcp', inside)).code, 1);
    const inside6: [string, string, string][] = [
      ['00000000000000000000000001000000:1F90', '00000000000000000000000001000000:C001', '01'],
      ['0000000000000000FFFF00000100007F:1F90', '0000000000000000FFFF00000100007F:C001', '01'],
      ['000000FD000000000000000002000000:1F90', '000000FD000000000000000002000000:C001', '01'],
    ];
    assert.equal(runOnce(directory, config, table(test, 'tcp6', inside6)).code, 0);
    const outside6: [string, string, string][] = [
      ['0000000000000000FFFF00000100007F:1F90', '0000000000000000FFFF00000500A8C0:C001', '01'],
    ];
    assert.equal(runOnce(directory, config, table(test, 'tcp6', outside6)).code, 1);
  });

  it('names the port, and of several the one with most connections', (test) => {
    const from = (port: string): [string, string, string] => [`0A00000A:${port}`, '0B00000A:C001', '01'];
    const reasonOf = (...rows: [string, string, string][]) =>
      runOnce(directory, { ports: [8080, 8081] }, table(test, 'tcp', rows)).reason;
    assert.equal(reasonOf(from('1F90')), '1 connection on port 8080; idle up to 0');
    assert.equal(reasonOf(from('1F90'), from('1F90')), '2 connections on port 8080; idle up to 0');
    const mixed = reasonOf(from('1F90'), from('1F91'), from('1F91'));
    assert.equal(mixed, '3 connections, most of them on port 8081; idle up to 0');
  });

  it('reads its ports with the awk of BusyBox too', { skip: requires('busybox') }, (test) => {
    const folder = temporaryDirectory(test);
    writeFileSync(join(folder, 'awk'), '#!/bin/sh\nexec busybox awk "$@"\n', { mode: 0o755 });
    const PATH = `${folder}:${process.env['PATH']}`;
    const env = { ...table(test, 'tcp', [['0A00000A:1F90', '0B00000A:C001', '01']]), PATH };
    for (const ports of [[8080], ['8000-8100'], [1, 8080], ['1-2', '8080']])
      assert.equal(runOnce(directory, { ports }, env).reason, '1 connection on port 8080; idle up to 0');
  });

  it('counts established connections alone', (test) => {
    const others = ['02', '06', '08', '0A'].map((state): [string, string, string] => [
      '0A00000A:1F90',
      '0B00000A:C001',
      state,
    ]);
    assert.equal(runOnce(directory, { ports: [8080] }, table(test, 'tcp', others)).code, 0);
  });

  it('tells connections of others from this host to others', (test) => {
    const env = table(test, 'tcp', [['0A00000A:C001', '0B00000A:1F90', '01']]);
    assert.equal(runOnce(directory, { ports: [8080] }, env).code, 0);
    assert.equal(runOnce(directory, { ports: [8080], direction: 'out' }, env).code, 1);
    assert.equal(runOnce(directory, { ports: [8080], direction: 'both' }, env).code, 1);
  });

  it('counts a connection within the host once, whichever of its ends are meant', (test) => {
    const env = table(test, 'tcp', [
      ['0100007F:C001', '0100007F:1F90', '01'],
      ['0100007F:1F90', '0100007F:C001', '01'],
      ['0100007F:C002', '0100007F:1F90', '01'], // its server listens for IPv6 too, and has it there
    ]);
    table(
      test,
      'tcp6',
      [['0000000000000000FFFF00000100007F:1F90', '0000000000000000FFFF00000100007F:C002', '01']],
      env,
    );
    const ends = { ports: [8080, '49152-65535'] };
    for (const config of [{ ports: [8080], direction: 'both' }, ends, { ...ends, direction: 'both' }])
      assert.match(runOnce(directory, config, env).reason, /^2 connections/, JSON.stringify(config));
  });

  it('has no verdict where there is no table', (test) => {
    const found = runOnce(directory, { ports: [8080] }, { SNOOZE_PROC_NET: temporaryDirectory(test) });
    assert.deepEqual(found, { code: 2, reason: '/proc/net/tcp cannot be read', stderr: '' });
  });
});
