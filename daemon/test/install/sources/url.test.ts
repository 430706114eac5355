import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { SnoozeError } from '../../../src/errors.ts';
import { requires } from '../../support/requires.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { fetchAs, serve } from './serve.ts';

const failsWith = (expected: RegExp) => (error: unknown) =>
  error instanceof SnoozeError && error.code === 'SNOOZE_E_FETCH' && expected.test(error.message);

test('a tarball is fetched from a URL, by way of a redirect, and its signature with it', async (t) => {
  const address = await serve(t, ({ url }, answer) => {
    if (url === '/latest.tgz') answer.writeHead(302, { location: '/p-1.0.0.tgz' }).end();
    else if (url === '/p-1.0.0.tgz') answer.end('the package');
    else if (url === '/latest.tgz.minisig') answer.end('the signature');
    else answer.writeHead(404).end();
  });
  const fetched = await fetchAs(`${address}/latest.tgz`);
  assert.equal(fetched.contents.toString(), 'the package');
  assert.deepEqual([fetched.source, fetched.signature], [`${address}/latest.tgz`, 'the signature']);
  assert.equal((await fetchAs(`${address}/p-1.0.0.tgz`)).signature, null);
});

test('a URL in a circle, without a file, of a server in trouble, or of nobody is told in a line', async (t) => {
  const address = await serve(t, ({ url }, answer) => {
    if (url === '/circle.tgz') answer.writeHead(302, { location: '/circle.tgz' }).end();
    else answer.writeHead(url === '/none.tgz' ? 404 : 503).end();
  });
  await assert.rejects(fetchAs(`${address}/circle.tgz`), failsWith(/circle\.tgz: it leads on more than 5 times$/));
  await assert.rejects(fetchAs(`${address}/none.tgz`), failsWith(/none\.tgz: the server has no such file \(404\)$/));
  await assert.rejects(
    fetchAs(`${address}/x.tgz`),
    failsWith(/x\.tgz: 127\.0\.0\.1:\d+ answered 503 Service Unavailable$/),
  );
  const refusing = await serve(t, ({ socket }) => socket.destroy());
  await assert.rejects(fetchAs(`${refusing}/x.tgz`), failsWith(/x\.tgz: other side closed$/));
});

test('a server that speaks no TLS where https is asked for is told in a line', async (t) => {
  const address = (await serve(t, (_, answer) => answer.end())).replace('http:', 'https:');
  await assert.rejects(
    fetchAs(`${address}/x.tgz`),
    failsWith(/x\.tgz: the server does not speak TLS as https needs it \([a-z ]+\)$/),
  );
});

test('nothing is fetched without encryption but from this machine, not by way of a redirect either', async (t) => {
  const address = await serve(t, (_, answer) =>
    answer.writeHead(302, { location: 'http://plugins.invalid/p.tgz' }).end(),
  );
  await assert.rejects(
    fetchAs('http://plugins.invalid/p.tgz'),
    failsWith(/only https is possible, and this is http:\/\/plugins\.invalid$/),
  );
  await assert.rejects(
    fetchAs(`${address}/p.tgz`),
    failsWith(/only https is possible, and this is http:\/\/plugins\.invalid$/),
  );
});

test('a server that sends without an end is left when the package is too large', async (t) => {
  const chunk = Buffer.alloc(1024 * 1024);
  let sent = 0;
  const address = await serve(t, (_, answer) => {
    const more = () => {
      sent += 1;
      if (!answer.destroyed) answer.write(chunk, () => setImmediate(more));
    };
    more();
  });
  await assert.rejects(fetchAs(`${address}/p.tgz`), failsWith(/it has more than 64 MiB$/));
  assert.ok(sent < 256, `${sent} MiB were sent`);
});

test('a server that never answers is left when the user does not wait any more', async (t) => {
  const stop = new AbortController();
  const address = await serve(t, () => stop.abort());
  await assert.rejects(fetchAs(`${address}/p.tgz`, { signal: stop.signal }), failsWith(/p\.tgz: interrupted$/));
});

test('a certificate that nobody vouches for is told with the way to trust it', {
  skip: requires('openssl'),
}, async (t) => {
  const directory = temporaryDirectory(t);
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(directory, name)) as [string, string];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  await assert.rejects(fetchAs(`https://localhost:${(server.address() as AddressInfo).port}/p.tgz`), {
    message: /p\.tgz: its certificate is not trusted \(self-signed certificate\)$/,
    hint: /NODE_USE_SYSTEM_CA=1 .*NODE_EXTRA_CA_CERTS=FILE$/,
  });
});
