import { describeError } from '../../errors.ts';
import { at, textOf } from '../json-answer.ts';
import type { Identity } from '../provider.ts';
import type { Ec2, Ec2Answer, Ec2Request } from './ec2.ts';
import { isDenied, isRefusedToCaller } from './ec2-errors.ts';
import type { Imds } from './imds.ts';
import type { SafetyFacts } from './safety.ts';

export type LookParts = { ec2: Ec2; imds: Imds | null; identity: Identity; signal: AbortSignal };

/**
 * Asks EC2 and the metadata service what a stop of this instance would do; changes nothing and never rejects.
 * What one of them does not tell is unknown, or told by the other.
 */
export async function readSafetyFacts(parts: LookParts): Promise<SafetyFacts> {
  const { identity } = parts;
  const [told, answers] = await Promise.all([askMetadata(parts), askEc2(parts)]);
  const { failures } = answers;
  const instance = at(answers.value('DescribeInstances'), 'Reservations', 0, 'Instances', 0);
  const spotRequests = at(answers.value('DescribeSpotInstanceRequests'), 'SpotInstanceRequests');
  const stopProtected = at(answers.value('DescribeInstanceAttribute'), 'DisableApiStop', 'Value');
  const storage = at(answers.value('DescribeInstanceTypes'), 'InstanceTypes', 0, 'InstanceStorageSupported');
  return {
    instanceId: identity.instanceId,
    dryRun: answers.dryRun,
    stopProtected: typeof stopProtected === 'boolean' ? stopProtected : undefined,
    lifecycle: textOf(at(instance, 'InstanceLifecycle')) ?? (instance === undefined ? identity.lifecycle : 'on-demand'),
    spotType: textOf(at(spotRequests, 0, 'Type')) ?? (Array.isArray(spotRequests) ? null : undefined),
    autoScalingGroup: groupOf(instance) ?? groupBy(told.autoScalingMember, instance !== undefined),
    rootDeviceType: textOf(at(instance, 'RootDeviceType')),
    // A disk that lies on NVMe is not in the metadata service's list: only EC2 knows that there is none.
    hasInstanceStore: told.ephemeralDisk || (typeof storage === 'boolean' ? storage : undefined),
    failures,
  };
}

async function askMetadata({ imds, signal }: LookParts) {
  // EC2 tells the same; the service's own troubles are told by the event source that polls it.
  const get = (path: string) => imds?.get(path, signal).then(answered, () => undefined);
  const state = await get('meta-data/autoscaling/target-lifecycle-state');
  const disks = await get('meta-data/block-device-mapping/');
  // No member has no such item (404), which is an answer; silence is none.
  return { autoScalingMember: state?.isThere, ephemeralDisk: /^ephemeral\d/m.test(disks?.text ?? '') };
}

function answered(text: string | undefined) {
  return { isThere: text !== undefined, text };
}

/** The group of an instance of which EC2 tells none: `''` where it is in one all the same, undefined where nobody knows. */
function groupBy(isMember: boolean | undefined, isDescribed: boolean): string | null | undefined {
  if (isMember === true) return '';
  return isDescribed || isMember === false ? null : undefined;
}

async function askEc2({ ec2, identity, signal }: LookParts) {
  const requests = requestsFor(identity);
  const answers = await ec2.call(requests, signal).catch((error: unknown) => describeError(error));
  if (typeof answers === 'string') {
    const failures = [`it is not known whether a stop is safe: ${answers}`];
    return { value: () => undefined, dryRun: undefined, failures };
  }
  const byName = new Map(requests.map(({ operation }, index) => [operation, answers[index]]));
  const dryRun = byName.get('StopInstances');
  return {
    value(operation: Ec2Request['operation']): unknown {
      const answer = byName.get(operation);
      return answer?.ok ? answer.value : undefined;
    },
    dryRun: dryRun?.ok === false ? dryRun : undefined,
    failures: failuresOf(byName),
  };
}

function requestsFor({ instanceId, instanceType, lifecycle }: Identity): Ec2Request[] {
  const InstanceIds = [instanceId];
  const requests: Ec2Request[] = [
    { operation: 'StopInstances', input: { InstanceIds, DryRun: true } },
    { operation: 'DescribeInstanceAttribute', input: { InstanceId: instanceId, Attribute: 'disableApiStop' } },
    { operation: 'DescribeInstances', input: { InstanceIds } },
  ];
  if (instanceType !== null) {
    const InstanceTypes = [instanceType as 't3.micro']; // the SDK's list of types is older than the newest type
    requests.push({ operation: 'DescribeInstanceTypes', input: { InstanceTypes } });
  }
  if (lifecycle !== 'on-demand') {
    const Filters = [{ Name: 'instance-id', Values: [instanceId] }];
    requests.push({ operation: 'DescribeSpotInstanceRequests', input: { Filters } });
  }
  return requests;
}

/** One sentence for each way to fail, however many calls it met: five denied calls are one thing to put right. */
function failuresOf(answers: Map<Ec2Request['operation'], Ec2Answer | undefined>): string[] {
  const failed = [...answers].flatMap(([operation, answer]) => {
    const code = answer?.ok === false ? answer.code : undefined;
    // The dry run always fails; what it says of permission and protection is a finding of its own.
    const expected = operation === 'StopInstances' && (code === undefined || !isUnknown(code));
    return code === undefined || expected ? [] : [{ code, operation }];
  });
  return [...Map.groupBy(failed, ({ code }) => code)].map(([code, calls]) => {
    const names = calls.map(({ operation }) => `ec2:${operation}`).join(', ');
    return `it is not known in all whether a stop is safe: EC2 answered ${code} to ${names}${isDenied(code) ? ' (packaging/iam/policy.json)' : ''}`;
  });
}

function isUnknown(dryRunCode: string): boolean {
  const telling = ['DryRunOperation', 'OperationNotPermitted', 'UnsupportedOperation'];
  return !telling.includes(dryRunCode) && !isRefusedToCaller(dryRunCode);
}

/** Auto Scaling tags its members. */
function groupOf(instance: unknown): string | undefined {
  const tags = at(instance, 'Tags');
  const found = (Array.isArray(tags) ? tags : []).find((tag) => at(tag, 'Key') === 'aws:autoscaling:groupName');
  return textOf(at(found, 'Value'));
}
