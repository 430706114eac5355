import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../../src/config/config.ts';
import { findGoogle, nameOf, startGoogle } from './stand-in.ts';

const { signal } = new AbortController();
type Start = Parameters<typeof startGoogle>;

async function look(t: Start[0], items: Start[1] = {}, answers: Start[2] = {}, keys: Partial<Config> = {}) {
  const google = await startGoogle(t, items, answers);
  const findings = await (await findGoogle(t, google, keys)).look(signal);
  return { google, findings, summary: findings.map(({ id, effect }) => `${id} ${effect}`) };
}

const DENIED = { status: 403, body: { error: { message: 'You may not.' } } };
const GROUP = {
  'instance/attributes/': 'created-by\nssh-keys\n',
  'instance/attributes/created-by': 'projects/123456/zones/europe-west4-a/instanceGroupManagers/workers',
};

test('an ordinary instance can be stopped, and nothing is changed by the look', async (t) => {
  const { google, summary } = await look(t);
  assert.deepEqual(summary, ['permission fine']);
  assert.deepEqual(google.api.calls.map(nameOf).toSorted(), ['GET ', 'POST /testIamPermissions']);
});

test('a member of a managed instance group is stopped only where that is allowed', async (t) => {
  const { summary, findings } = await look(t, GROUP);
  assert.deepEqual(summary, ['permission fine', 'auto-scaling forbids']);
  assert.match(findings[1]?.message ?? '', /the managed instance group workers: .*allow_auto_scaling_member/);
  const allowed = await look(t, GROUP, {}, { allow_auto_scaling_member: true });
  assert.deepEqual(allowed.summary, ['permission fine', 'auto-scaling warns']);
});

test('Local SSDs forbid, unless their loss is configured', async (t) => {
  const instance = { 'GET ': { body: { disks: [{ type: 'PERSISTENT' }, { type: 'SCRATCH' }] } } };
  assert.deepEqual((await look(t, {}, instance)).summary, ['permission fine', 'instance-store forbids']);
  const allowed = await look(t, {}, instance, { allow_instance_store_loss: true });
  assert.deepEqual(allowed.summary, ['permission fine', 'instance-store warns']);
});

test('a service account that may nothing is told, and the metadata service tells of the disks in its place', async (t) => {
  const answers = { 'POST /testIamPermissions': { body: {} }, 'GET ': DENIED };
  const { summary, findings } = await look(t, {}, answers);
  assert.deepEqual(summary, ['permission warns', 'look-failed warns']);
  assert.match(findings[0]?.message ?? '', /denies compute.instances.stop — give .*role.yaml/);
  assert.match(findings[1]?.message ?? '', /denies compute.instances.get: You may not. — give/);
  const disks = '[{"type":"PERSISTENT-SSD"},{"type":"LOCAL-SSD"}]';
  assert.ok((await look(t, { 'instance/disks/': disks }, answers)).summary.includes('instance-store forbids'));
});

test('an instance with Google’s default access scopes is told what to do', async (t) => {
  const { summary, findings } = await look(t, {
    'instance/service-accounts/default/scopes': 'https://www.googleapis.com/auth/devstorage.read_only\n',
  });
  assert.deepEqual(summary, ['permission warns']);
  assert.match(findings[0]?.message ?? '', /access scopes leave out Compute Engine: .*set-service-account/);
});

test('what nobody tells forbids the stop', async (t) => {
  const items = { 'instance/attributes/': undefined, 'instance/disks/': '[{"type":"NEW-KIND"}]' };
  const { summary, findings } = await look(t, items, { 'GET ': { status: 500, body: '' } });
  assert.deepEqual(summary, ['permission fine', 'auto-scaling forbids', 'instance-store forbids', 'look-failed warns']);
  assert.match(findings[1]?.message ?? '', /^it is not known whether this instance is a member/);
  assert.match(findings[2]?.message ?? '', /^it is not known whether this instance has Local SSDs/);
});

test('a group whose name cannot be read is not none', async (t) => {
  const { summary } = await look(t, { 'instance/attributes/': 'created-by\n' });
  assert.deepEqual(summary, ['permission fine', 'auto-scaling forbids']);
});

test('without a service account it is not known whether a stop would be accepted', async (t) => {
  const { summary, findings } = await look(t, { 'instance/service-accounts/default/token': undefined });
  assert.deepEqual(summary, ['look-failed warns']);
  assert.match(findings[0]?.message ?? '', /gets no access token of a service account/);
});
