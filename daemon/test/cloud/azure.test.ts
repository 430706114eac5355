import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { azure, parseCompute } from '../../src/cloud/azure.ts';
import { startFakeMetadata } from '../support/fake-metadata.ts';
import { cloudSearch } from './cloud-search.ts';

const { signal } = new AbortController();
const COMPUTE = {
  name: 'vm0',
  vmId: '5c08b38e-4d57-4c23-ac45-aca61037f084',
  vmSize: 'Standard_D2s_v5',
  location: 'westeurope',
  zone: '',
  subscriptionId: '8d10da13-8125-4ba9-a717-bf7490507b3d',
  priority: 'Spot',
};

async function start(t: TestContext, body: string) {
  const service = await startFakeMetadata(t, ['Metadata', 'true'], ({ path, query }) =>
    path === '/metadata/instance/compute' && query.has('api-version') ? { body } : undefined,
  );
  return {
    service,
    find: () => azure.find(cloudSearch({ AZURE_METADATA_ENDPOINT: service.url }), { expected: true, signal }),
  };
}

test('its metadata service says who this host is', async (t) => {
  const { find } = await start(t, JSON.stringify(COMPUTE));
  const { provider, imds, metadata } = await find();
  metadata?.close();
  assert.equal(imds, null);
  assert.deepEqual(provider.identity, {
    provider: 'azure',
    instanceId: COMPUTE.vmId,
    instanceType: 'Standard_D2s_v5',
    region: 'westeurope',
    availabilityZone: null,
    accountId: COMPUTE.subscriptionId,
    lifecycle: 'spot',
  });
});

test('a machine at the regular price is on-demand, whichever way the service says so', () => {
  const lifecycle = (priority: unknown) => parseCompute(JSON.stringify({ ...COMPUTE, priority })).lifecycle;
  assert.deepEqual(['Spot', 'Low', 'Regular', '', undefined].map(lifecycle), [
    'spot',
    'spot',
    'on-demand',
    'on-demand',
    null,
  ]);
});

test('a zone is named with its region, for it is a bare number', () => {
  assert.equal(parseCompute(JSON.stringify({ ...COMPUTE, zone: '2' })).availabilityZone, 'westeurope-2');
});

for (const body of ['', '{}', '[]', 'null', '{"vmId":7}', '{"vmId":"5c08', '<html>']) {
  test(`${JSON.stringify(body)} names no machine`, async (t) => {
    const { find } = await start(t, body);
    await assert.rejects(find(), { code: 'SNOOZE_E_METADATA', message: /names no machine of Azure/ });
  });
}

test('the chassis tells an Azure machine from another one of Hyper-V; no strings at all are a guess', () => {
  const expects = (files: Record<string, string>, environment = {}) => azure.expects(cloudSearch(environment, files));
  const vendor = { '/sys/class/dmi/id/sys_vendor': 'Microsoft Corporation\n' };
  const tag = '/sys/class/dmi/id/chassis_asset_tag';
  assert.equal(expects({ ...vendor, [tag]: '7783-7084-3265-9085-8269-3286-77\n' }), 'yes');
  assert.equal(expects({ ...vendor, [tag]: 'none\n' }), 'no');
  assert.equal(expects({}), 'maybe');
  assert.equal(expects({}, { AWS_EC2_METADATA_DISABLED: 'true' }), 'no');
  assert.equal(expects(vendor, { AZURE_METADATA_ENDPOINT: 'http://127.0.0.1:1' }), 'yes');
});
