import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gceIdentity, gcp } from '../../src/cloud/gcp.ts';
import { startFakeMetadata } from '../support/fake-metadata.ts';
import { cloudSearch } from './cloud-search.ts';

const { signal } = new AbortController();
const ITEMS: Record<string, string> = {
  // More digits than a number of JavaScript has.
  'instance/id': '8087716956832600123\n',
  'instance/zone': 'projects/123456/zones/europe-west4-a',
  'instance/machine-type': 'projects/123456/machineTypes/e2-medium',
  'instance/scheduling/preemptible': 'TRUE',
  'project/project-id': 'a-project',
};

async function start(t: TestContext, items: Record<string, string>, flavor = 'Google') {
  const service = await startFakeMetadata(t, ['Metadata-Flavor', 'Google'], ({ path }) => {
    const body = items[path.replace('/computeMetadata/v1/', '')];
    return body === undefined ? undefined : { body, headers: { 'Metadata-Flavor': flavor } };
  });
  const environment = { GCE_METADATA_HOST: service.url.slice('http://'.length) };
  return { service, find: () => gcp.find(cloudSearch(environment), { expected: true, signal }) };
}

test('its metadata service says who this host is', async (t) => {
  const { find } = await start(t, ITEMS);
  const { provider, metadata } = await find();
  metadata?.close();
  assert.deepEqual(provider.identity, {
    provider: 'gcp',
    instanceId: '8087716956832600123',
    instanceType: 'e2-medium',
    region: 'europe-west4',
    availabilityZone: 'europe-west4-a',
    accountId: 'a-project',
    lifecycle: 'spot',
  });
  assert.equal(provider.describeStop(), 'call instances.stop for 8087716956832600123 in europe-west4-a');
});

test('an instance that says nothing more than its id still is who it is', async (t) => {
  const { find } = await start(t, { 'instance/id': '7' });
  const { provider, metadata } = await find();
  metadata?.close();
  assert.deepEqual(
    provider.identity,
    gceIdentity({ instanceId: '7', zone: undefined, machineType: '', preemptible: '', project: '' }),
  );
  assert.equal(provider.identity?.region, null);
  assert.equal(provider.describeStop(), 'call instances.stop for 7 in its zone');
});

test('what is not Google’s metadata service is nobody, whatever it answers', async (t) => {
  const other = await start(t, ITEMS, 'Other');
  await assert.rejects(other.find(), { code: 'SNOOZE_E_METADATA', message: /is not the metadata service/ });
  const wrong = await start(t, { 'instance/id': '<html>' });
  await assert.rejects(wrong.find(), { code: 'SNOOZE_E_METADATA', message: /names no instance of Google/ });
});

test('an address that is none is told', async () => {
  const found = gcp.find(cloudSearch({ GCE_METADATA_HOST: 'a b' }), { expected: true, signal });
  await assert.rejects(found, { code: 'SNOOZE_E_METADATA', message: /"http:\/\/a b", and must be an http address/ });
});

test('the product tells an instance of Google; no strings at all are a guess', () => {
  const expects = (files: Record<string, string>, environment = {}) => gcp.expects(cloudSearch(environment, files));
  const vendor = { '/sys/class/dmi/id/sys_vendor': 'Google\n' };
  const product = '/sys/class/dmi/id/product_name';
  assert.equal(expects({ ...vendor, [product]: 'Google Compute Engine\n' }), 'yes');
  assert.equal(expects({ ...vendor, [product]: 'Chromebook\n' }), 'no');
  assert.equal(expects({}), 'maybe');
  assert.equal(expects({}, { AWS_EC2_METADATA_DISABLED: 'true' }), 'no');
});
