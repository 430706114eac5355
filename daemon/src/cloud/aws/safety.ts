import { describeError } from '../../errors.ts';
import { finding, type SafetySettings } from '../findings.ts';
import type { SafetyFinding } from '../provider.ts';
import { type Ec2Failure, ec2Error, isRefusedToCaller } from './ec2-errors.ts';

/** What was found out about stopping this instance; undefined where it could not be found out. */
export type SafetyFacts = {
  instanceId: string;
  /** How EC2 answered the dry run of StopInstances; `DryRunOperation` means that it would have been done. */
  dryRun: Ec2Failure | undefined;
  stopProtected: boolean | undefined;
  /** `spot` or `on-demand`. */
  lifecycle: string | null;
  /** `one-time` or `persistent`; null where there is no spot request for it. */
  spotType: string | null | undefined;
  /** Its Auto Scaling group: the name, `''` where only the membership is known, null where there is none. */
  autoScalingGroup: string | null | undefined;
  rootDeviceType: string | undefined;
  /** The instance has disks that a stop empties. */
  hasInstanceStore: boolean | undefined;
  /** The look's own failures, one sentence each. */
  failures: readonly string[];
};

/**
 * What the facts mean for a stop (DESIGN.md: "whether stopping it is safe at all"). A fact that is not known forbids where
 * a stop could do harm; where EC2 itself would refuse (no permission, stop protection) it need not be known. Pure.
 */
export function safetyFindings(facts: SafetyFacts, settings: SafetySettings): SafetyFinding[] {
  return [
    stopProtection(facts) ?? dryRun(facts),
    spot(facts),
    autoScaling(facts, settings),
    instanceStore(facts, settings),
    ...facts.failures.map((message) => finding('look-failed', 'warns', message)),
  ].filter((found) => found !== undefined);
}

function stopProtection({ stopProtected, dryRun, instanceId }: SafetyFacts): SafetyFinding | undefined {
  if (stopProtected !== true && dryRun?.code !== 'OperationNotPermitted') return undefined;
  const message = `${instanceId} has stop protection (DisableApiStop): turn it off, or set action to "none"`;
  return finding('stop-protection', 'forbids', message);
}

function dryRun({ dryRun, instanceId }: SafetyFacts): SafetyFinding | undefined {
  if (dryRun === undefined) return undefined;
  if (dryRun.code === 'DryRunOperation') return finding('permission', 'fine', 'EC2 would accept the stop');
  if (dryRun.code === 'UnsupportedOperation') {
    return finding('permission', 'forbids', `EC2 does not stop ${instanceId}: ${dryRun.message}`);
  }
  // It warns only: a permission can be given at any time, and a refused stop is told and tried again.
  if (isRefusedToCaller(dryRun.code)) {
    return finding('permission', 'warns', describeError(ec2Error(dryRun, 'ec2:StopInstances')));
  }
  return undefined;
}

function spot({ lifecycle, spotType, instanceId }: SafetyFacts): SafetyFinding | undefined {
  if (lifecycle === 'on-demand' || (lifecycle === null && spotType === null)) return undefined;
  if (spotType === 'persistent') {
    return finding('one-time-spot', 'fine', 'the spot request is persistent: the host can be stopped');
  }
  if (spotType === 'one-time') {
    const message = `${instanceId} is a one-time spot instance: it cannot be stopped, only terminated; ask for a persistent one, or set action to "poweroff"`;
    return finding('one-time-spot', 'forbids', message);
  }
  const what = `${instanceId} is a one-time spot instance, which cannot be stopped`;
  return notKnown('one-time-spot', what, 'DescribeSpotInstanceRequests', 'or set action to "poweroff"');
}

function autoScaling(facts: SafetyFacts, { allowAutoScalingMember }: SafetySettings): SafetyFinding | undefined {
  const { autoScalingGroup, instanceId } = facts;
  if (autoScalingGroup === null) return undefined;
  const effect = allowAutoScalingMember ? 'warns' : 'forbids';
  const remedy = 'allow_auto_scaling_member stops it all the same';
  if (autoScalingGroup === undefined) {
    const what = `${instanceId} is a member of an Auto Scaling group, which replaces and terminates what is stopped`;
    return { ...notKnown('auto-scaling', what, 'DescribeInstances', remedy), effect };
  }
  const group = autoScalingGroup === '' ? 'an Auto Scaling group' : `the Auto Scaling group ${autoScalingGroup}`;
  const message = `${instanceId} is a member of ${group}: stopped, it is replaced and terminated (${remedy})`;
  return finding('auto-scaling', effect, message);
}

function instanceStore(facts: SafetyFacts, { allowInstanceStoreLoss }: SafetySettings): SafetyFinding | undefined {
  const { rootDeviceType, hasInstanceStore, instanceId } = facts;
  if (rootDeviceType === 'instance-store') {
    const message = `${instanceId} boots from an instance store: it cannot be stopped, only terminated`;
    return finding('instance-store', 'forbids', message);
  }
  if (hasInstanceStore === false) return undefined;
  const effect = allowInstanceStoreLoss ? 'warns' : 'forbids';
  const remedy = 'allow_instance_store_loss stops it all the same';
  if (hasInstanceStore === undefined) {
    const what = `${instanceId} has instance-store disks, which a stop empties`;
    return { ...notKnown('instance-store', what, 'DescribeInstanceTypes', remedy), effect };
  }
  return finding('instance-store', effect, `${instanceId} has instance-store disks: a stop empties them (${remedy})`);
}

/** What nobody told forbids; `operation` is the one of EC2 that would tell it. */
function notKnown(id: SafetyFinding['id'], what: string, operation: string, remedy: string): SafetyFinding {
  const message = `it is not known whether ${what}: ec2:${operation} would tell (packaging/iam/policy.json allows it); ${remedy}`;
  return finding(id, 'forbids', message);
}
