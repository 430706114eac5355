import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGranted } from '../../../src/cloud/azure/look.ts';
import { findAzure, RESOURCE_ID, startAzure } from './stand-in.ts';

const { signal } = new AbortController();

async function look(
  t: Parameters<typeof startAzure>[0],
  start: Parameters<typeof startAzure>[1] = {},
  given: Parameters<typeof findAzure>[2] = {},
) {
  const azure = await startAzure(t, start);
  const findings = await (await findAzure(t, azure, given)).look(signal);
  return { azure, findings, summary: findings.map(({ id, effect }) => `${id} ${effect}`) };
}

test('an ordinary machine can be stopped, and nothing is changed by the look', async (t) => {
  const { azure, summary } = await look(t);
  assert.deepEqual(summary, ['permission fine']);
  assert.deepEqual(
    azure.api.calls.map(({ method }) => method),
    ['GET'],
  );
});

test('a member of a scale set is stopped only where that is allowed, and by its own permission', async (t) => {
  const compute = {
    vmScaleSetName: 'workers',
    resourceId: RESOURCE_ID.replace('virtualMachines/', 'virtualMachineScaleSets/workers/virtualMachines/'),
  };
  const { summary, findings } = await look(t, { compute });
  assert.deepEqual(summary, ['permission warns', 'auto-scaling forbids']);
  assert.match(findings[1]?.message ?? '', /scale set workers, .*allow_auto_scaling_member/);
  const keys = { allow_auto_scaling_member: true };
  assert.deepEqual((await look(t, { compute }, { keys })).summary, ['permission warns', 'auto-scaling warns']);
});

test('a temporary disk forbids, unless its loss is configured; local NVMe disks too', async (t) => {
  const compute = { storageProfile: { resourceDisk: { size: '4096' } } };
  assert.deepEqual((await look(t, { compute })).summary, ['permission fine', 'instance-store forbids']);
  const keys = { allow_instance_store_loss: true };
  assert.deepEqual((await look(t, { compute }, { keys })).summary, ['permission fine', 'instance-store warns']);
  const files = {
    '/sys/class/nvme/nvme0/model': 'MSFT NVMe Accelerator v1.0              \n',
    '/sys/class/nvme/nvme1/model': 'Microsoft NVMe Direct Disk v2           \n',
  };
  assert.deepEqual((await look(t, {}, { files })).summary, ['permission fine', 'instance-store forbids']);
});

test('a machine with an ephemeral system disk is not stopped, whatever is configured', async (t) => {
  const compute = {
    storageProfile: { osDisk: { diffDiskSettings: { option: 'Local' } }, resourceDisk: { size: '0' } },
  };
  const keys = { allow_instance_store_loss: true };
  assert.deepEqual((await look(t, { compute }, { keys })).summary, ['permission fine', 'instance-store forbids']);
});

test('what nobody tells forbids the stop', async (t) => {
  const { summary, findings } = await look(t, { compute: { vmScaleSetName: undefined, storageProfile: undefined } });
  assert.deepEqual(summary, ['permission fine', 'auto-scaling forbids', 'instance-store forbids']);
  assert.match(findings[1]?.message ?? '', /^it is not known whether this machine is a member of a scale set/);
  assert.match(findings[2]?.message ?? '', /^it is not known whether this machine has a temporary disk/);
});

test('an identity without the permission is told, and one whose permissions are not known', async (t) => {
  const path = 'GET /providers/Microsoft.Authorization/permissions';
  const denied = await look(t, { answers: { [path]: { body: { value: [{ actions: ['*/read'] }] } } } });
  assert.deepEqual(denied.summary, ['permission warns']);
  assert.match(denied.findings[0]?.message ?? '', /denies .*deallocate\/action — give .*role.json/);
  const unknown = await look(t, { token: false });
  assert.deepEqual(unknown.summary, ['look-failed warns']);
  assert.match(unknown.findings[0]?.message ?? '', /^it is not known whether Azure would stop it: .*no access token/);
});

const ACTION = 'Microsoft.Compute/virtualMachines/deallocate/action';
for (const [roles, expected] of [
  [[{ actions: ['*'] }], true],
  [[{ actions: ['microsoft.compute/*/DEALLOCATE/action'] }], true],
  [[{ actions: ['*'], notActions: ['Microsoft.Compute/virtualMachines/deallocate/*'] }], false],
  [[{ actions: ['*'], notActions: ['*'] }, { actions: [ACTION] }], true],
  [[{ actions: ['Microsoft.Compute/virtualMachines/read', 7] }, 'x', null], false],
  [[{ actions: ['Microsoft.Compute.virtualMachines/deallocate/action'] }], false],
  [[], false],
  [{}, undefined],
] as const) {
  test(`${JSON.stringify(roles)} ${expected === undefined ? 'says nothing of' : expected ? 'allow' : 'do not allow'} a stop`, () => {
    assert.equal(isGranted(roles, ACTION), expected);
  });
}
