import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { checkIdle, initialize } from '../../test-support/host.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;

const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const REST = '00000000:00000000 00:00000000 00000000     0        0 18000 1 0000000000000000 100 0 0 10 0';
const line = (local: string, state: string) => `   0: ${local} 0100007F:D431 ${state} ${REST}`;
const IPV6 = '0000000000000000FFFF00000100007F';

/** A plugin that reads tables of connections of the test's own. */
async function guard(test: it.TestContext, tables: Record<string, string[]>, config = {}): Promise<Talk> {
  const folder = join(temporaryDirectory(test), 'net');
  mkdirSync(folder);
  for (const [name, lines] of Object.entries(tables))
    writeFileSync(join(folder, name), `${[HEADER, ...lines].join('\n')}\n`);
  const plugin = talk(directory, { test, env: { SSH_GUARD_PROC_NET: folder } });
  assert.equal((await initialize(plugin, config)).error, undefined);
  return plugin;
}

async function verdict(plugin: Talk): Promise<unknown> {
  const { result, error } = await checkIdle(plugin);
  return result ? [result['is_idle'], result['reason']] : error?.message;
}

describe('ssh-guard', () => {
  it('counts a real connection', async (test) => {
    const server = createServer().listen(0, '127.0.0.1');
    test.after(() => server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const plugin = talk(directory, { test });
    await initialize(plugin, { port });
    assert.deepEqual(await verdict(plugin), [true, 'nobody is connected over SSH']);
    const client = connect(port, '127.0.0.1');
    test.after(() => client.destroy());
    await once(client, 'connect');
    // The other end of the connection has this port as its remote one, and does not count.
    assert.deepEqual(await verdict(plugin), [false, '1 SSH session']);
  });

  const tables: Record<string, { tcp: string[]; tcp6?: string[]; expected: unknown }> = {
    'nothing at all': { tcp: [], expected: [true, 'nobody is connected over SSH'] },
    'a listening sshd': { tcp: [line('00000000:0016', '0A')], expected: [true, 'nobody is connected over SSH'] },
    'a connection that is being closed': {
      tcp: [line('0100007F:0016', '06'), line('0100007F:0016', '08')],
      expected: [true, 'nobody is connected over SSH'],
    },
    'another port that ends alike': {
      tcp: [line('0100007F:1600', '01'), line('0016007F:0017', '01')],
      expected: [true, 'nobody is connected over SSH'],
    },
    'one over IPv4': { tcp: [line('0100007F:0016', '01')], expected: [false, '1 SSH session'] },
    'some over both': {
      tcp: [line('0100007F:0016', '01'), line('0100007F:1F90', '01')],
      tcp6: [line(`${IPV6}:0016`, '01'), line(`${IPV6}:0016`, '0A')],
      expected: [false, '2 SSH sessions'],
    },
  };
  for (const [name, { tcp, tcp6, expected }] of Object.entries(tables)) {
    it(`understands ${name}`, async (test) => {
      const plugin = await guard(test, { tcp, ...(tcp6 && { tcp6 }) });
      assert.deepEqual(await verdict(plugin), expected);
    });
  }

  it('takes one port or several, and what changes while it runs', async (test) => {
    const tcp = [line('0100007F:08AE', '01'), line('0100007F:0016', '01'), line('0100007F:FFFF', '01')];
    const plugin = await guard(test, { tcp }, { port: 2222 });
    assert.deepEqual(await verdict(plugin), [false, '1 SSH session']);
    await plugin.request('Configure', { config: { port: [22, 2222, 65535] } });
    assert.deepEqual(await verdict(plugin), [false, '3 SSH sessions']);
    await plugin.request('Configure', { config: { port: 1 } });
    assert.deepEqual(await verdict(plugin), [true, 'nobody is connected over SSH']);
    await plugin.request('Configure', { config: {} });
    assert.deepEqual(await verdict(plugin), [false, '1 SSH session']);
  });

  it('refuses a port that is none, and keeps the one before', async (test) => {
    const plugin = await guard(test, { tcp: [line('0100007F:0016', '01')] });
    for (const port of [0, 65536, -1, 'ssh', 1.5, [], [22, 99999999999]]) {
      const { error } = await plugin.request('Configure', { config: { port } });
      assert.equal(error?.code, -32004, JSON.stringify(port));
    }
    assert.deepEqual(await verdict(plugin), [false, '1 SSH session']);
  });

  it('has no verdict where the table cannot be read', async (test) => {
    const plugin = await guard(test, {});
    assert.match(String(await verdict(plugin)), /net\/tcp cannot be read/);
  });

  it('finds id and method in messages written in any way', async (test) => {
    const plugin = await guard(test, { tcp: [] });
    plugin.sendLine('{"id":101,"method":"CheckIdle"}');
    plugin.sendLine('{ "params" : { "event" : { "id" : "x" } } , "method" : "CheckIdle" , "id" : 102 }');
    plugin.sendLine(
      '{"jsonrpc":"2.0","method":"Configure","id":103,"params":{"id":7,"method":"x","config":{"port":22}}}',
    );
    plugin.sendLine('');
    plugin.sendLine('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":101}}');
    await plugin.request('HealthCheck');
    const ids = plugin.messages.map(({ id }) => id).filter((id) => (id ?? 0) > 100);
    assert.deepEqual(ids, [101, 102, 103]);
    assert.ok(plugin.messages.filter(({ id }) => (id ?? 0) > 100).every(({ result }) => result !== undefined));
  });

  it('answers what it does not know with an error, and ends when told or with its input', async (test) => {
    const plugin = await guard(test, { tcp: [] });
    assert.equal((await plugin.request('Levitate')).error?.code, -32601);
    assert.deepEqual((await plugin.request('Shutdown', { reason: 'test' })).result, {});
    assert.deepEqual(await plugin.exited, { code: 0, signal: null });
    assert.deepEqual(await (await guard(test, { tcp: [] })).end(), { code: 0, signal: null });
  });
});
