import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { parseIdentity, readIdentity } from '../../../src/cloud/aws/identity.ts';
import { createImds } from '../../../src/cloud/aws/imds.ts';
import { startFakeImds } from '../../support/fake-imds.ts';

const DOCUMENT = `{
  "accountId" : "123456789012",
  "architecture" : "arm64",
  "availabilityZone" : "us-west-2b",
  "billingProducts" : null,
  "devpayProductCodes" : null,
  "imageId" : "ami-5fb8c835",
  "instanceId" : "i-1234567890abcdef0",
  "instanceType" : "m7g.large",
  "kernelId" : null,
  "pendingTime" : "2026-03-01T17:25:13Z",
  "privateIp" : "10.158.112.84",
  "ramdiskId" : null,
  "region" : "us-west-2",
  "version" : "2017-09-30"
}`;

test('the identity document tells who this is', () => {
  assert.deepEqual(parseIdentity(DOCUMENT, 'spot\n'), {
    provider: 'aws',
    instanceId: 'i-1234567890abcdef0',
    instanceType: 'm7g.large',
    region: 'us-west-2',
    availabilityZone: 'us-west-2b',
    accountId: '123456789012',
    lifecycle: 'spot',
  });
});

test('what the document leaves out or has in another type is null', () => {
  const identity = parseIdentity('{"instanceId":"i-1a2b3c4d","region":7}', undefined);
  assert.equal(identity.instanceId, 'i-1a2b3c4d', 'short ids are still in use');
  const { instanceType, region, availabilityZone, accountId, lifecycle } = identity;
  assert.deepEqual([instanceType, region, availabilityZone, accountId, lifecycle], [null, null, null, null, null]);
});

test('a page is not taken for a life cycle', () => {
  assert.equal(parseIdentity(DOCUMENT, '<html>busy</html>').lifecycle, null);
  assert.equal(parseIdentity(DOCUMENT, '').lifecycle, null);
});

for (const text of [
  '',
  'null',
  '[]',
  '"i-1"',
  '{}',
  '{"instanceId":7}',
  '{"instanceId":"--help"}',
  DOCUMENT.slice(0, 60),
]) {
  test(`no identity is read from ${JSON.stringify(text.slice(0, 30))}`, () => {
    assert.throws(() => parseIdentity(text, 'spot'), {
      code: 'SNOOZE_E_METADATA',
      message: /^the instance identity document names no instance: "/,
    });
  });
}

test('without its life cycle a host still knows who it is; without the document it does not', async (t) => {
  const service = await startFakeImds({ instanceId: 'i-0aa', lifecycle: 'spot' });
  const imds = createImds({ endpoint: service.url, clock: systemClock });
  t.after(async () => {
    imds.close();
    await service.close();
  });
  assert.equal((await readIdentity(imds)).lifecycle, 'spot');
  service.set('instance-life-cycle', null);
  assert.equal((await readIdentity(imds)).lifecycle, null);
  service.set('dynamic/instance-identity/document', null);
  await assert.rejects(readIdentity(imds), { code: 'SNOOZE_E_METADATA', message: /no instance identity document/ });
});
