import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SafetyFacts, safetyFindings } from '../../../src/cloud/aws/safety.ts';
import type { SafetySettings } from '../../../src/cloud/findings.ts';

const ALLOWED = { ok: false, code: 'DryRunOperation', message: 'Request would have succeeded' } as const;
const HARMLESS: SafetyFacts = {
  instanceId: 'i-0a',
  dryRun: ALLOWED,
  stopProtected: false,
  lifecycle: 'on-demand',
  spotType: undefined,
  autoScalingGroup: null,
  rootDeviceType: 'ebs',
  hasInstanceStore: false,
  failures: [],
};
const UNKNOWN: SafetyFacts = {
  ...HARMLESS,
  dryRun: undefined,
  stopProtected: undefined,
  lifecycle: null,
  autoScalingGroup: undefined,
  rootDeviceType: undefined,
  hasInstanceStore: undefined,
};
const STRICT: SafetySettings = { allowAutoScalingMember: false, allowInstanceStoreLoss: false };

function findings(facts: Partial<SafetyFacts>, settings: Partial<SafetySettings> = {}) {
  return safetyFindings({ ...HARMLESS, ...facts }, { ...STRICT, ...settings });
}

/** Each finding as `id effect`. */
function summary(facts: Partial<SafetyFacts>, settings: Partial<SafetySettings> = {}) {
  return findings(facts, settings).map(({ id, effect }) => `${id} ${effect}`);
}

function refusal(code: string, message = 'no') {
  return { ok: false, code, message } as const;
}

test('a harmless host has one finding, that it may be stopped', () => {
  assert.deepEqual(summary({}), ['permission fine']);
});

test('what is not known and could do harm forbids, and says which fact, which permission and which key', () => {
  const all = { allowAutoScalingMember: true, allowInstanceStoreLoss: true };
  assert.deepEqual(summary(UNKNOWN), ['one-time-spot forbids', 'auto-scaling forbids', 'instance-store forbids']);
  assert.deepEqual(summary(UNKNOWN, all), ['one-time-spot forbids', 'auto-scaling warns', 'instance-store warns']);
  const [spot, group, disks] = findings(UNKNOWN).map(({ message }) => message);
  const words = (fact: string, operation: string, remedy: string) =>
    `it is not known whether i-0a ${fact}: ec2:${operation} would tell (packaging/iam/policy.json allows it); ${remedy}`;
  assert.equal(
    spot,
    words(
      'is a one-time spot instance, which cannot be stopped',
      'DescribeSpotInstanceRequests',
      'or set action to "poweroff"',
    ),
  );
  assert.equal(
    group,
    words(
      'is a member of an Auto Scaling group, which replaces and terminates what is stopped',
      'DescribeInstances',
      'allow_auto_scaling_member stops it all the same',
    ),
  );
  assert.equal(
    disks,
    words(
      'has instance-store disks, which a stop empties',
      'DescribeInstanceTypes',
      'allow_instance_store_loss stops it all the same',
    ),
  );
});

test('a stop that the caller may not do warns, with what to give', () => {
  const [finding] = findings({ dryRun: refusal('UnauthorizedOperation') });
  assert.equal(finding?.effect, 'warns');
  assert.match(finding?.message ?? '', /ec2:StopInstances/);
  assert.match(finding?.message ?? '', /packaging\/iam\/policy\.json/);
  assert.match(findings({ dryRun: refusal('CredentialsProviderError') })[0]?.message ?? '', /instance profile/);
});

test('stop protection forbids, whether the attribute or the dry run tells', () => {
  assert.deepEqual(summary({ stopProtected: true }), ['stop-protection forbids']);
  assert.deepEqual(summary({ stopProtected: undefined, dryRun: refusal('OperationNotPermitted') }), [
    'stop-protection forbids',
  ]);
  assert.deepEqual(summary({ stopProtected: true, dryRun: refusal('OperationNotPermitted') }), [
    'stop-protection forbids',
  ]);
});

test('a stop that EC2 does not do for such a host forbids, in its words', () => {
  const [finding] = findings({ dryRun: refusal('UnsupportedOperation', 'this one cannot') });
  assert.equal(finding?.effect, 'forbids');
  assert.match(finding?.message ?? '', /EC2 does not stop i-0a: this one cannot/);
});

test('a dry run that says nothing about the stop is no finding about it', () => {
  assert.deepEqual(summary({ dryRun: refusal('TimeoutError') }), []);
});

test('a one-time spot host forbids, as one of which nobody knows; a persistent one is fine', () => {
  assert.deepEqual(summary({ lifecycle: 'spot', spotType: 'one-time' }).slice(1), ['one-time-spot forbids']);
  assert.deepEqual(summary({ lifecycle: 'spot', spotType: 'persistent' }).slice(1), ['one-time-spot fine']);
  assert.deepEqual(summary({ lifecycle: 'spot' }).slice(1), ['one-time-spot forbids']);
  assert.deepEqual(summary({ lifecycle: 'spot', spotType: null }).slice(1), ['one-time-spot forbids']);
  assert.deepEqual(summary({ lifecycle: null, spotType: null }).slice(1), []);
  assert.deepEqual(summary({ lifecycle: 'on-demand', spotType: 'one-time' }).slice(1), []);
});

test('no setting allows the stop of a one-time spot host', () => {
  const all = { allowAutoScalingMember: true, allowInstanceStoreLoss: true };
  assert.ok(summary({ lifecycle: 'spot', spotType: 'one-time' }, all).includes('one-time-spot forbids'));
});

test('a member of an Auto Scaling group is never stopped, unless configured', () => {
  const [, finding] = findings({ autoScalingGroup: 'web' });
  assert.equal(finding?.effect, 'forbids');
  assert.match(finding?.message ?? '', /group web: .*\(allow_auto_scaling_member/);
  assert.deepEqual(summary({ autoScalingGroup: 'web' }, { allowAutoScalingMember: true }).slice(1), [
    'auto-scaling warns',
  ]);
  assert.match(findings({ autoScalingGroup: '' })[1]?.message ?? '', /a member of an Auto Scaling group: /);
});

test('instance-store disks forbid, unless their loss is configured', () => {
  assert.deepEqual(summary({ hasInstanceStore: true }).slice(1), ['instance-store forbids']);
  assert.deepEqual(summary({ hasInstanceStore: true }, { allowInstanceStoreLoss: true }).slice(1), [
    'instance-store warns',
  ]);
  assert.match(findings({ hasInstanceStore: true })[1]?.message ?? '', /allow_instance_store_loss/);
});

test('a host that boots from an instance store is not stopped, whatever is configured', () => {
  const facts = { rootDeviceType: 'instance-store', hasInstanceStore: true };
  assert.deepEqual(summary(facts, { allowInstanceStoreLoss: true }).slice(1), ['instance-store forbids']);
});

test('one setting does not allow what the other forbids', () => {
  const facts = { autoScalingGroup: 'web', hasInstanceStore: true };
  assert.deepEqual(summary(facts, { allowAutoScalingMember: true }).slice(1), [
    'auto-scaling warns',
    'instance-store forbids',
  ]);
});

test('failures of the look warn, beside what was found out', () => {
  assert.deepEqual(summary({ autoScalingGroup: 'web', failures: ['not known: a', 'not known: b'] }), [
    'permission fine',
    'auto-scaling forbids',
    'look-failed warns',
    'look-failed warns',
  ]);
});
