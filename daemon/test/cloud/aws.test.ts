import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { createImds } from '../../src/cloud/aws/imds.ts';
import { createAwsProvider } from '../../src/cloud/aws.ts';
import type { SafetySettings } from '../../src/cloud/findings.ts';
import type { Identity, SafetyFinding } from '../../src/cloud/provider.ts';
import { runCommand } from '../../src/command.ts';
import { ec2Environment, startFakeEc2 } from '../support/fake-ec2.ts';
import type { FakeInstance } from '../support/fake-ec2-answers.ts';
import { startFakeImds } from '../support/fake-imds.ts';

const ID = 'i-0123456789abcdef0';
const IDENTITY: Identity = {
  provider: 'aws',
  instanceId: ID,
  instanceType: 't3.micro',
  region: 'eu-west-1',
  availabilityZone: 'eu-west-1a',
  accountId: '123456789012',
  lifecycle: 'on-demand',
};
const { signal } = new AbortController();

type Setup = {
  instance?: Partial<FakeInstance>;
  identity?: Partial<Identity>;
  settings?: Partial<SafetySettings>;
  environment?: NodeJS.ProcessEnv;
};

async function start(t: TestContext, { instance, identity, settings, environment }: Setup = {}) {
  const ec2 = await startFakeEc2(instance);
  const service = await startFakeImds();
  const imds = createImds({ endpoint: service.url, clock: systemClock });
  t.after(async () => {
    imds.close();
    await Promise.all([ec2.close(), service.close()]);
  });
  const provider = createAwsProvider({
    identity: { ...IDENTITY, ...identity },
    region: 'eu-west-1',
    environment: { ...ec2Environment(ec2), ...environment },
    run: runCommand,
    safety: () => ({ allowAutoScalingMember: false, allowInstanceStoreLoss: false, ...settings }),
    imds,
  });
  return { ec2, service, provider };
}

const summary = (findings: SafetyFinding[]) => findings.map(({ id, effect }) => `${id} ${effect}`);

// Each test starts a process with the real SDK: two at a time.
suite('the provider aws, against EC2 on loopback', { concurrency: 2 }, () => {
  test('tags are set on this instance, whatever characters they hold', async (t) => {
    const { ec2, provider } = await start(t);
    const tags = { 'CloudSnooze:Status': 'Stopped', 'CloudSnooze:StopReason': 'cpu < 10 % & "idle" – ✓ + ü' };
    await provider.tag?.(tags, signal);
    assert.deepEqual(ec2.instance.tags, tags);
    assert.equal(ec2.calls[0]?.params['ResourceId.1'], ID);
  });

  test('a stop stops this instance', async (t) => {
    const { ec2, provider } = await start(t);
    assert.equal(provider.describeStop(), `call StopInstances for ${ID} in eu-west-1`);
    assert.equal(ec2.calls.length, 0, 'to describe it calls nothing');
    await provider.stop(signal);
    assert.equal(ec2.instance.state, 'stopping');
    assert.deepEqual(Object.keys(ec2.calls[0]?.params ?? {}).toSorted(), ['Action', 'InstanceId.1', 'Version']);
  });

  test('a denied call names the permission that it needs', async (t) => {
    const { ec2, provider } = await start(t);
    ec2.deny('StopInstances');
    ec2.deny('CreateTags');
    const denied = (permission: string) => ({
      code: 'SNOOZE_E_CLOUD_DENIED',
      message: new RegExp(`^EC2 denies ${permission}: You are not authorized.*action\\.$`),
    });
    await Promise.all([
      assert.rejects(provider.stop(signal), denied('ec2:StopInstances')),
      assert.rejects(async () => provider.tag?.({ a: 'b' }, signal), denied('ec2:CreateTags')),
    ]);
    assert.equal(ec2.instance.state, 'running');
  });

  test('a stop that EC2 refuses carries its code and its words', async (t) => {
    const { provider } = await start(t, { instance: { spot: 'one-time' } });
    await assert.rejects(provider.stop(signal), {
      code: 'SNOOZE_E_CLOUD_FAILED',
      message: /UnsupportedOperation at ec2:StopInstances: You can't stop the Spot Instance/,
    });
  });

  test('a page in place of an answer is not taken for a stop', async (t) => {
    const { ec2, provider } = await start(t);
    ec2.garble('StopInstances', '<html><body>Please log in</body></html>');
    await assert.rejects(provider.stop(signal), {
      code: 'SNOOZE_E_CLOUD_FAILED',
      message: /did not say that it stops/,
      hint: /AWS_ENDPOINT_URL_EC2.*HTTPS_PROXY is not read/,
    });
  });

  test('the look changes nothing', async (t) => {
    const { ec2, provider } = await start(t);
    const before = structuredClone(ec2.instance);
    assert.deepEqual(summary(await provider.look(signal)), ['permission fine']);
    assert.deepEqual(ec2.instance, before);
    assert.equal(ec2.calls.find(({ action }) => action === 'StopInstances')?.params['DryRun'], 'true');
  });

  test('the look sees all that speaks against a stop', async (t) => {
    const { provider } = await start(t, {
      instance: {
        spot: 'one-time',
        stopProtection: true,
        instanceStorage: true,
        tags: { 'aws:autoscaling:groupName': 'web & <more>' },
      },
      identity: { lifecycle: 'spot' },
    });
    const findings = await provider.look(signal);
    assert.deepEqual(summary(findings), [
      'stop-protection forbids',
      'one-time-spot forbids',
      'auto-scaling forbids',
      'instance-store forbids',
    ]);
    assert.match(findings[2]?.message ?? '', /group web & <more>:/);
  });

  test('what the user has configured to be no hindrance is none', async (t) => {
    const { provider } = await start(t, {
      instance: { instanceStorage: true, tags: { 'aws:autoscaling:groupName': 'web' } },
      settings: { allowAutoScalingMember: true, allowInstanceStoreLoss: true },
    });
    assert.deepEqual(summary(await provider.look(signal)), [
      'permission fine',
      'auto-scaling warns',
      'instance-store warns',
    ]);
  });

  test('a spot host whose metadata did not tell is known by EC2', async (t) => {
    const { provider } = await start(t, { instance: { spot: 'persistent' }, identity: { lifecycle: null } });
    assert.deepEqual(summary(await provider.look(signal)), ['permission fine', 'one-time-spot fine']);
  });

  test('the metadata service tells of the group and the disks where EC2 may not be asked', async (t) => {
    const { ec2, service, provider } = await start(t);
    ec2.deny('DescribeInstances');
    ec2.deny('DescribeInstanceTypes');
    service.set('autoscaling/target-lifecycle-state', 'InService');
    service.set('block-device-mapping/ephemeral0', 'sdb');
    const findings = await provider.look(signal);
    assert.deepEqual(summary(findings), [
      'permission fine',
      'auto-scaling forbids',
      'instance-store forbids',
      'look-failed warns',
    ]);
    assert.match(
      findings[3]?.message ?? '',
      /UnauthorizedOperation to ec2:DescribeInstances, ec2:DescribeInstanceTypes \(packaging\/iam\/policy\.json\)$/,
    );
  });

  test('a Describe that is denied spoils no other finding', async (t) => {
    const { ec2, provider } = await start(t, { instance: { stopProtection: true, instanceStorage: true } });
    ec2.deny('DescribeInstances');
    assert.deepEqual(summary(await provider.look(signal)), [
      'stop-protection forbids',
      'instance-store forbids',
      'look-failed warns',
    ]);
  });

  test('a type that is not known is not asked for as another one', async (t) => {
    const { ec2, provider } = await start(t, { identity: { instanceType: null } });
    assert.deepEqual(summary(await provider.look(signal)), ['permission fine', 'instance-store forbids']);
    assert.equal(
      ec2.calls.some(({ action }) => action === 'DescribeInstanceTypes'),
      false,
    );
  });

  test('without credentials the look says what to attach, and the rest in one line', async (t) => {
    const { provider } = await start(t, { environment: { AWS_ACCESS_KEY_ID: undefined } });
    const findings = await provider.look(signal);
    assert.deepEqual(summary(findings), ['permission warns', 'instance-store forbids', 'look-failed warns']);
    assert.match(findings[0]?.message ?? '', /no AWS credentials.*attach an instance profile/);
  });

  test('an EC2 that is away is one warning, and the metadata service is still heard', async (t) => {
    const { service, provider } = await start(t, { environment: { AWS_ENDPOINT_URL_EC2: 'http://127.0.0.1:1' } });
    service.set('autoscaling/target-lifecycle-state', 'InService');
    const findings = await provider.look(signal);
    assert.deepEqual(summary(findings), ['auto-scaling forbids', 'instance-store forbids', 'look-failed warns']);
    assert.match(findings[2]?.message ?? '', /ECONNREFUSED to ec2:StopInstances, ec2:Describe/);
  });

  test('a group and disks that neither EC2 nor the metadata service tells of forbid a stop, a 404 is an answer', async (t) => {
    const { ec2, service, provider } = await start(t);
    ec2.deny('DescribeInstances');
    service.faults.always(500);
    assert.deepEqual(summary(await provider.look(signal)), [
      'permission fine',
      'auto-scaling forbids',
      'look-failed warns',
    ]);
    service.faults.clear();
    assert.deepEqual(summary(await provider.look(signal)), ['permission fine', 'look-failed warns']);
    ec2.deny('DescribeInstanceTypes');
    assert.deepEqual(summary(await provider.look(signal)), [
      'permission fine',
      'instance-store forbids',
      'look-failed warns',
    ]);
  });

  test('a look whose process cannot run forbids a stop and is no error', async () => {
    const provider = createAwsProvider({
      identity: IDENTITY,
      region: 'eu-west-1',
      environment: {},
      run: () => runCommand('no-such-program', [], { timeoutMs: 60_000 }),
      safety: () => ({ allowAutoScalingMember: false, allowInstanceStoreLoss: false }),
    });
    const findings = await provider.look(signal);
    assert.deepEqual(summary(findings), ['auto-scaling forbids', 'instance-store forbids', 'look-failed warns']);
    assert.match(findings[2]?.message ?? '', /there is no such program/);
  });
});
