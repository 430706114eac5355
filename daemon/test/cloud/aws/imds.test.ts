import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { createImds, imdsEndpoint } from '../../../src/cloud/aws/imds.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { type FakeImds, startFakeImds } from '../../support/fake-imds.ts';
import { waitFor } from '../../support/wait-for.ts';

const DAY_MS = 24 * 3_600_000;
const ID = 'meta-data/instance-id';

async function start(t: TestContext) {
  const service = await startFakeImds();
  const clock = createFakeClock();
  const imds = createImds({ endpoint: service.url, clock });
  t.after(async () => {
    imds.close();
    await service.close();
  });
  return { service, clock, imds };
}

function failsWith(message: RegExp, hint?: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof Error && 'code' in error && 'hint' in error);
    assert.equal(error.code, 'SNOOZE_E_METADATA');
    assert.match(error.message, message);
    if (hint === undefined) assert.equal(error.hint, undefined);
    else assert.match(String(error.hint), hint);
    return true;
  };
}

const lastToken = (service: FakeImds) => service.tokensIssued.at(-1)?.token;

test('one token and one connection serve every request', async (t) => {
  const { service, imds } = await start(t);
  for (let poll = 0; poll < 20; poll += 1) assert.equal(await imds.get(ID), 'i-0123456789abcdef0');
  assert.deepEqual(service.tokensIssued, [{ token: lastToken(service), ttlSeconds: 21_600 }]);
  assert.equal(service.connections().accepted, 1);
  assert.deepEqual(imds.counts(), { requests: 21, tokens: 1 });
});

test('requests at the same time still share one connection', async (t) => {
  const { service, imds } = await start(t);
  await imds.get(ID);
  await Promise.all(Array.from({ length: 10 }, () => imds.get(ID)));
  assert.equal(service.connections().accepted, 1);
});

test('what is not there is undefined, and the token stays good', async (t) => {
  const { service, imds } = await start(t);
  assert.equal(await imds.get('meta-data/spot/instance-action'), undefined);
  service.set('spot/instance-action', { action: 'stop', time: '2026-01-01T00:02:00Z' });
  assert.equal(await imds.get('meta-data/spot/instance-action'), '{"action":"stop","time":"2026-01-01T00:02:00Z"}');
  assert.equal(service.tokensIssued.length, 1);
});

test('a token is renewed before it expires, and not earlier', async (t) => {
  const { service, imds, clock } = await start(t);
  await imds.get(ID);
  await clock.advance(21_600_000 - 60_001);
  await imds.get(ID);
  assert.equal(service.tokensIssued.length, 1);
  await clock.advance(1);
  await imds.get(ID);
  assert.equal(service.tokensIssued.length, 2);
});

test('requests at the same time share one new token, when the old one is refused, too', async (t) => {
  const { service, imds } = await start(t);
  const ask = () => Promise.all(Array.from({ length: 4 }, () => imds.get(ID)));
  await ask();
  assert.equal(service.tokensIssued.length, 1);
  service.revokeTokens();
  await ask();
  assert.equal(service.tokensIssued.length, 2);
  assert.equal(imds.counts().tokens, 2);
});

test('who waits for a token that another gives up gets one all the same', async (t) => {
  const { service, imds } = await start(t);
  const ending = new AbortController();
  service.faults.next('hang', { scope: 'token' });
  const first = assert.rejects(imds.get(ID, ending.signal));
  const second = imds.get(ID);
  await waitFor('the question', () => service.requests.length === 1);
  ending.abort();
  await first;
  assert.ok(await second);
});

test('a wall clock that jumps renews nothing', async (t) => {
  const { service, imds, clock } = await start(t);
  await imds.get(ID);
  clock.jumpWall(30 * DAY_MS);
  await imds.get(ID);
  assert.equal(service.tokensIssued.length, 1);
});

test('a token that is refused is replaced and the request repeated once, with the new one', async (t) => {
  const { service, imds } = await start(t);
  await imds.get(ID);
  service.revokeTokens();
  assert.equal(await imds.get(ID), 'i-0123456789abcdef0');
  const last = service.requests.slice(-3).map(({ method, status, token }) => [method, status, token]);
  const [first, second] = service.tokensIssued.map(({ token }) => token);
  assert.deepEqual(last, [
    ['GET', 401, first],
    ['PUT', 200, undefined],
    ['GET', 200, second],
  ]);
});

test('a service that refuses every token is asked twice and no more', async (t) => {
  const { service, imds } = await start(t);
  service.faults.always(401, { scope: 'item' });
  await assert.rejects(imds.get(ID), failsWith(/answered 401 .*instance-id: the token was refused twice/));
  assert.equal(service.requests.length, 4);
});

for (const scope of ['token', 'item'] as const) {
  test(`403 for ${scope === 'token' ? 'a token' : 'an item'} says that metadata is off and how to turn it on`, async (t) => {
    const { service, imds } = await start(t);
    service.faults.always(403, { scope });
    await assert.rejects(imds.get(ID), failsWith(/answered 403 .*turned off/, /--http-endpoint enabled/));
    service.faults.clear();
    assert.equal(await imds.get(ID), 'i-0123456789abcdef0');
  });
}

test('a service that knows no tokens is said to be another one, or too old', async (t) => {
  const { service, imds } = await start(t);
  service.faults.always(404, { scope: 'token' });
  await assert.rejects(imds.get(ID), failsWith(/answered 404 when asked for a token: .*version 1 alone, which is not/));
});

for (const status of [400, 429, 500, 503]) {
  test(`${status} is an error that names it, and the next request is served`, async (t) => {
    const { service, imds } = await start(t);
    await imds.get(ID);
    service.faults.next(status);
    await assert.rejects(imds.get(ID), failsWith(new RegExp(`answered ${status} when asked for ${ID}`)));
    assert.equal(await imds.get(ID), 'i-0123456789abcdef0');
    assert.equal(service.tokensIssued.length, 1, 'such an answer says nothing about the token');
  });
}

test('a token that never comes points at the hop limit', async (t) => {
  const { service, imds, clock } = await start(t);
  service.faults.always('hang', { scope: 'token' });
  const rejected = assert.rejects(imds.get(ID), failsWith(/no answer within 2000 ms.*token/, /hop-limit 2/));
  await waitFor('the request', () => service.requests.length === 1);
  await clock.advance(2_000);
  await rejected;
});

test('an item that never comes ends at the time limit, without talk of hops', async (t) => {
  const { service, imds, clock } = await start(t);
  service.faults.next('hang', { scope: 'item' });
  const rejected = assert.rejects(imds.get(ID), failsWith(/no answer within 2000 ms$/));
  await waitFor('the request', () => service.requests.length === 2);
  await clock.advance(2_000);
  await rejected;
  assert.equal(await imds.get(ID), 'i-0123456789abcdef0');
  assert.equal(clock.waiting(), 0, 'no timer is left');
});

test('a token that could be no header is refused', async (t) => {
  const { service, imds } = await start(t);
  service.faults.next('garbage', { scope: 'token' });
  await assert.rejects(imds.get(ID), failsWith(/something that is not a token$/));
});

test('an answer that breaks off is an error', async (t) => {
  const { service, imds } = await start(t);
  service.faults.next('cut', { scope: 'item' });
  await assert.rejects(imds.get(ID), failsWith(/the answer broke off/));
});

test('an answer over 64 KiB is not read to its end', async (t) => {
  const { service, imds } = await start(t);
  service.faults.next('huge', { scope: 'item' });
  await assert.rejects(imds.get(ID), failsWith(/more than 65536 bytes/));
  service.set('long', 'x'.repeat(64 * 1024 + 1));
  await assert.rejects(imds.get('meta-data/long'), failsWith(/more than 65536 bytes/));
  service.set('long', 'x'.repeat(64 * 1024));
  assert.equal((await imds.get('meta-data/long'))?.length, 64 * 1024);
});

test('a kept connection that was closed meanwhile is replaced without an error', async (t) => {
  const { service, imds } = await start(t);
  await imds.get(ID);
  service.faults.next('reset', { scope: 'item' });
  assert.equal(await imds.get(ID), 'i-0123456789abcdef0');
  assert.equal(service.connections().accepted, 2);
});

test('a fresh connection that is reset is an error', async (t) => {
  const { service, imds } = await start(t);
  service.faults.always('reset');
  await assert.rejects(imds.get(ID), failsWith(/cannot be reached: .*ECONNRESET/));
});

test('a service that is away and comes back is used again', async (t) => {
  const service = await startFakeImds();
  const imds = createImds({ endpoint: service.url, clock: systemClock });
  t.after(() => imds.close());
  await imds.get(ID);
  await service.close();
  await assert.rejects(imds.get(ID), failsWith(/cannot be reached: .*ECONNREFUSED/));
  const again = await startFakeImds({ port: Number(new URL(service.url).port), instanceId: 'i-0b' });
  t.after(() => again.close());
  assert.equal(await imds.get(ID), 'i-0b', 'the new service does not know the old token');
});

test('an abort ends a request at once', async (t) => {
  const { service, imds } = await start(t);
  service.faults.always('hang');
  const controller = new AbortController();
  const rejected = assert.rejects(imds.get(ID, controller.signal), failsWith(/aborted/));
  await waitFor('the request', () => service.requests.length === 1);
  controller.abort();
  await rejected;
});

test('closing ends the connection', async (t) => {
  const { service, imds } = await start(t);
  await imds.get(ID);
  imds.close();
  await waitFor('the end of the connection', () => service.connections().open === 0);
});

test('a server that does not speak HTTP is an error', async (t) => {
  const server = createServer((socket) => socket.end('220 mail ready\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const imds = createImds({ endpoint: `http://127.0.0.1:${address.port}`, clock: systemClock });
  t.after(() => imds.close());
  await assert.rejects(imds.get(ID), failsWith(/cannot be reached: /));
});

test('the endpoint comes from the variables of the AWS SDK', () => {
  assert.equal(imdsEndpoint({}), 'http://169.254.169.254');
  assert.equal(imdsEndpoint({ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' }), 'http://[fd00:ec2::254]');
  const given = { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1338' };
  assert.equal(imdsEndpoint({ ...given, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' }), 'http://127.0.0.1:1338');
  assert.equal(imdsEndpoint({ ...given, AWS_EC2_METADATA_DISABLED: 'True' }), null);
  assert.equal(imdsEndpoint({ AWS_EC2_METADATA_DISABLED: 'false' }), 'http://169.254.169.254');
});

test('an endpoint may end with a slash', async (t) => {
  const { service } = await start(t);
  const imds = createImds({ endpoint: `${service.url}/`, clock: systemClock });
  t.after(() => imds.close());
  assert.equal(await imds.get(ID), 'i-0123456789abcdef0');
});

for (const endpoint of ['nonsense', '127.0.0.1:80', 'https://127.0.0.1']) {
  test(`the endpoint ${endpoint} is refused by name`, () => {
    assert.throws(
      () => createImds({ endpoint, clock: systemClock }),
      failsWith(new RegExp(`"${endpoint}".*http://`), /AWS_EC2_METADATA_SERVICE_ENDPOINT/),
    );
  });
}
