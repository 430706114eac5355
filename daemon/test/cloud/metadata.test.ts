import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { createMetadata } from '../../src/cloud/metadata.ts';

const ADDRESSES = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
const noIpv6 = ADDRESSES.some(({ address }) => address === '::1') ? false : 'this machine has no IPv6';

/** A client of a server that says the same to whatever it is asked. */
async function start(t: TestContext, text: string, host = '127.0.0.1') {
  const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(text)));
  await once(server.listen(0, host), 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const metadata = createMetadata({ endpoint, clock: systemClock, header: ['Metadata', 'true'], echoes: false });
  t.after(() => metadata.close());
  return metadata;
}

const UNUSUAL = {
  'HTTP/1.0': 'HTTP/1.0 200 OK\r\n\r\nFALSE',
  'a clock of another century':
    'HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nConnection: close\r\n\r\nFALSE',
  'an early hint': 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nFALSE',
  chunks: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nFA\r\n3\r\nLSE\r\n0\r\n\r\n',
};
for (const [what, text] of Object.entries(UNUSUAL)) {
  test(`a service that answers with ${what} is understood`, async (t) => {
    const metadata = await start(t, text);
    assert.equal((await metadata.ask('/item')).body, 'FALSE');
    assert.deepEqual(metadata.counts(), { requests: 1 });
  });
}

test('a service at an address of IPv6 is asked', { skip: noIpv6 }, async (t) => {
  const metadata = await start(t, UNUSUAL['HTTP/1.0'], '::1');
  assert.equal((await metadata.ask('/item')).body, 'FALSE');
});

const WRONG = {
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nFALSE\r\n0\r\n\r\n',
  'endless headers': `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
  nothing: '',
};
for (const [what, text] of Object.entries(WRONG)) {
  test(`a service that answers with ${what} cannot be reached`, async (t) => {
    const metadata = await start(t, text);
    await assert.rejects(metadata.ask('/item'), { code: 'SNOOZE_E_METADATA', message: /cannot be reached: / });
  });
}
