import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findGoogle, nameOf, startGoogle } from './stand-in.ts';

const { signal } = new AbortController();

test('a stop is one call with the service account’s token, and keeps what local disks hold', async (t) => {
  const google = await startGoogle(t);
  const provider = await findGoogle(t, google);
  await provider.stop(signal);
  const [call, ...more] = google.api.calls;
  assert.ok(call);
  assert.deepEqual(more, []);
  assert.equal(nameOf(call), 'POST /stop');
  assert.equal(call.authorization, 'Bearer a-token');
  assert.equal(call.query.get('discardLocalSsd'), 'false');
  assert.equal(call.body, undefined);
});

test('their loss is allowed in the configuration alone', async (t) => {
  const google = await startGoogle(t);
  await (await findGoogle(t, google, { allow_instance_store_loss: true })).stop(signal);
  assert.equal(google.api.calls[0]?.query.get('discardLocalSsd'), 'true');
});

test('tags become labels beside those that are there', async (t) => {
  const google = await startGoogle(t);
  const provider = await findGoogle(t, google);
  await provider.tag?.({ 'CloudSnooze:StopReason': 'CPU 2.1 % for 30 min (policy: all)' }, signal);
  assert.deepEqual(google.api.calls.map(nameOf), ['GET ', 'POST /setLabels']);
  assert.deepEqual(google.api.calls[1]?.body, {
    labels: { team: 'ml', 'cloudsnooze-stopreason': 'cpu-2-1-for-30-min-policy-all' },
    labelFingerprint: '42WmSpB8rSM=',
  });
});

test('a denied stop names the permission and the role', async (t) => {
  const body = { error: { code: 403, message: "Required 'compute.instances.stop' permission" } };
  const provider = await findGoogle(t, await startGoogle(t, {}, { 'POST /stop': { status: 403, body } }));
  const denied = {
    code: 'SNOOZE_E_CLOUD_DENIED',
    message: /denies compute.instances.stop: Required/,
    hint: /role.yaml/,
  };
  await assert.rejects(provider.stop(signal), denied);
});

test('an instance without a service account says so', async (t) => {
  const google = await startGoogle(t, { 'instance/service-accounts/default/token': undefined });
  const provider = await findGoogle(t, google);
  const denied = { code: 'SNOOZE_E_CLOUD_DENIED', message: /no access token/, hint: /service account the role/ };
  await assert.rejects(provider.stop(signal), denied);
  assert.deepEqual(google.api.calls, []);
});

test('what says that it stops nothing has stopped nothing', async (t) => {
  const failed = { kind: 'compute#operation', error: { errors: [{ code: 'X', message: 'It is being repaired.' }] } };
  for (const [body, message] of [
    [failed, 'Google Compute Engine failed at compute.instances.stop: It is being repaired.'],
    ['<html>welcome</html>', 'Google Compute Engine failed at compute.instances.stop: it did not say that it does it'],
  ] as const) {
    const provider = await findGoogle(t, await startGoogle(t, {}, { 'POST /stop': { body } }));
    await assert.rejects(provider.stop(signal), { code: 'SNOOZE_E_CLOUD_FAILED', message });
  }
});
