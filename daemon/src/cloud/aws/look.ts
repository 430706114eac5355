import type { Identity } from '../provider.ts';
import { type Ec2, type Ec2Answer, isDenied } from './ec2.ts';
import type { SafetyFacts } from './safety.ts';

/** Asks EC2 what a stop of this instance would do; changes nothing. One answer that is denied spoils no other. */
export async function readSafetyFacts(ec2: Ec2, identity: Identity, signal: AbortSignal): Promise<SafetyFacts> {
  const InstanceIds = [identity.instanceId];
  const failures: string[] = [];
  const [dryRun, protection, described, types, spotRequests] = await ec2.call(
    [
      { operation: 'StopInstances', input: { InstanceIds, DryRun: true } },
      {
        operation: 'DescribeInstanceAttribute',
        input: { InstanceId: identity.instanceId, Attribute: 'disableApiStop' },
      },
      { operation: 'DescribeInstances', input: { InstanceIds } },
      {
        operation: 'DescribeInstanceTypes',
        input: { InstanceTypes: [(identity.instanceType ?? 't3.micro') as 't3.micro'] },
      },
      {
        operation: 'DescribeSpotInstanceRequests',
        input: { Filters: [{ Name: 'instance-id', Values: [identity.instanceId] }] },
      },
    ],
    signal,
  );
  const value = (answer: Ec2Answer | undefined, permission: string) => {
    if (answer?.ok) return answer.value;
    const code = answer?.ok === false ? answer.code : 'NoAnswer';
    failures.push(
      `not known without ${permission}: EC2 answered ${code}${isDenied(code) ? ' (packaging/iam/policy.json)' : ''}`,
    );
    return undefined;
  };

  const instance = at(value(described, 'ec2:DescribeInstances'), 'Reservations', 0, 'Instances', 0);
  const request = identity.lifecycle === 'spot' ? value(spotRequests, 'ec2:DescribeSpotInstanceRequests') : undefined;
  const protectedValue = at(value(protection, 'ec2:DescribeInstanceAttribute'), 'DisableApiStop', 'Value');
  const storage = at(value(types, 'ec2:DescribeInstanceTypes'), 'InstanceTypes', 0, 'InstanceStorageSupported');
  return {
    instanceId: identity.instanceId,
    dryRunCode: dryRun?.ok === false ? dryRun.code : undefined,
    dryRunMessage: dryRun?.ok === false ? dryRun.message : '',
    stopProtected: typeof protectedValue === 'boolean' ? protectedValue : undefined,
    lifecycle: identity.lifecycle ?? text(at(instance, 'InstanceLifecycle')) ?? null,
    spotType: text(at(request, 'SpotInstanceRequests', 0, 'Type')),
    autoScalingGroup: instance === undefined ? undefined : groupOf(at(instance, 'Tags')),
    rootDeviceType: text(at(instance, 'RootDeviceType')),
    hasInstanceStore: typeof storage === 'boolean' ? storage : undefined,
    failures,
  };
}

/** Auto Scaling tags its members. */
function groupOf(tags: unknown): string | null {
  const found = (Array.isArray(tags) ? tags : []).find((tag) => at(tag, 'Key') === 'aws:autoscaling:groupName');
  return text(at(found, 'Value')) ?? null;
}

function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string | number, unknown>)[key] : undefined,
    value,
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
