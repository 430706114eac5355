import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { apiAddress, bodyOf, createRest, type RestRequest } from '../../src/cloud/rest.ts';
import { runCommand } from '../../src/command.ts';
import { startFakeRest } from '../support/fake-rest.ts';

const { signal } = new AbortController();
const NEED = { cloud: 'A cloud', permission: 'machines.stop', hint: 'give it the role' };

async function ask(t: TestContext, reply: Parameters<typeof startFakeRest>[1], request: Partial<RestRequest> = {}) {
  const api = await startFakeRest(t, reply);
  const rest = createRest('A cloud', process.env, runCommand);
  const [answer] = await rest.call('a-token', [{ method: 'POST', url: `${api.url}/stop`, ...request }], signal);
  return { api, answer, body: () => bodyOf(answer, NEED) };
}

test('a call carries the token and its body, and its answer comes back', async (t) => {
  const { api, body } = await ask(t, () => ({ body: { done: true } }), { body: { hard: false } });
  assert.deepEqual(body(), { done: true });
  const [{ method, path, authorization, body: sent } = {}] = api.calls;
  assert.deepEqual([method, path, authorization, sent], ['POST', '/stop', 'Bearer a-token', { hard: false }]);
});

test('each call has its own answer, in the order of the requests', async (t) => {
  const api = await startFakeRest(t, ({ path }) => (path === '/b' ? undefined : { body: path }));
  const rest = createRest('A cloud', process.env, runCommand);
  const requests = ['/a', '/b', '/c'].map((path): RestRequest => ({ method: 'GET', url: `${api.url}${path}` }));
  const answers = await rest.call('a-token', requests, signal);
  assert.deepEqual(
    answers.map((answer) => answer.reached && answer.status),
    [200, 404, 200],
  );
});

for (const status of [401, 403]) {
  test(`${status} names the permission and what to do`, async (t) => {
    const { body } = await ask(t, () => ({ status, body: { error: { code: status, message: 'You may not.' } } }));
    const message = 'A cloud denies machines.stop: You may not.';
    assert.throws(body, { code: 'SNOOZE_E_CLOUD_DENIED', message, hint: 'give it the role' });
  });
}

test('every other status is a failure with its reason, a page instead of JSON too', async (t) => {
  const conflict = await ask(t, () => ({
    status: 409,
    body: { error: { code: 'Conflict', message: 'It is locked.' } },
  }));
  const failed = { code: 'SNOOZE_E_CLOUD_FAILED' };
  assert.throws(conflict.body, { ...failed, message: 'A cloud answered 409 to machines.stop: It is locked.' });
  const page = await ask(t, () => ({ status: 502, body: '<html>' }));
  assert.throws(page.body, { ...failed, message: 'A cloud answered 502 to machines.stop: it gave no reason' });
});

test('a token goes to no other place: a redirect is a failure', async (t) => {
  const { api, body } = await ask(t, ({ path }) => ({ status: path === '/stop' ? 302 : 200, body: {} }));
  assert.throws(body, { code: 'SNOOZE_E_CLOUD_FAILED', message: /^A cloud cannot be reached for machines.stop: / });
  assert.deepEqual(
    api.calls.map(({ path }) => path),
    ['/stop'],
  );
});

test('an API that cannot be reached is told with its reason', async (t) => {
  const { body } = await ask(t, () => undefined, { url: 'http://127.0.0.1:1/stop' });
  assert.throws(body, {
    code: 'SNOOZE_E_CLOUD_FAILED',
    message: /cannot be reached for machines.stop: .*(ECONNREFUSED|bad port)/,
  });
});

test('a token goes over no network in the open', () => {
  assert.equal(apiAddress('https://compute.example/v1', 'VARIABLE'), 'https://compute.example/v1/');
  assert.equal(apiAddress('http://127.0.0.1:80/', 'VARIABLE'), 'http://127.0.0.1:80/');
  for (const address of [
    'http://compute.example/',
    'http://localhost.example/',
    'http://127.example/',
    'compute',
    '',
    'ftp://localhost/',
  ]) {
    const message = `VARIABLE is ${JSON.stringify(address)}, and must be an https address`;
    assert.throws(() => apiAddress(address, 'VARIABLE'), { code: 'SNOOZE_E_CLOUD_FAILED', message });
  }
});
