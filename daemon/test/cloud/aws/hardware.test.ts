import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hardwareSays, readHardware } from '../../../src/cloud/aws/hardware.ts';

const says = (vendor?: string, productUuid?: string, hypervisorUuid?: string) =>
  hardwareSays({ vendor, productUuid, hypervisorUuid });

test('Nitro names its vendor', () => {
  assert.equal(says('Amazon EC2\n'), 'ec2');
});

test('Xen tells by the beginning of its uuids, in either case', () => {
  assert.equal(says('Xen\n', undefined, 'ec2e1916-9099-7caf-fd21-012345abcdef\n'), 'ec2');
  assert.equal(says('Xen\n', 'EC2E1916-9099-7CAF-FD21-012345ABCDEF\n'), 'ec2');
  assert.equal(says(undefined, undefined, 'ec2e1916-9099-7caf-fd21-012345abcdef\n'), 'ec2');
});

test('Xen whose uuids are not ours to read may be anybody', () => {
  assert.equal(says('Xen\n'), 'unknown');
  assert.equal(says('Xen\n', '45e12aec-dcd1-b213-94ed-012345abcdef\n'), 'unknown', 'the uuid may be byte-swapped');
});

test('any other vendor settles it, and nothing at all settles nothing', () => {
  assert.equal(says('LENOVO\n', 'a1b2c3'), 'other');
  assert.equal(says('QEMU\n'), 'other');
  assert.equal(says(''), 'unknown');
  assert.equal(says(), 'unknown');
});

test('the strings are read from where Linux has them', () => {
  const files: Record<string, string> = {
    '/sys/class/dmi/id/sys_vendor': 'Xen',
    '/sys/hypervisor/uuid': 'ec2abc',
  };
  assert.deepEqual(
    readHardware((path) => files[path]),
    {
      vendor: 'Xen',
      productUuid: undefined,
      hypervisorUuid: 'ec2abc',
    },
  );
});
