import type { SafetyFinding } from '../provider.ts';

/** What was found out about stopping this instance; undefined where it could not be found out. */
export type SafetyFacts = {
  instanceId: string;
  /** EC2's error code of the dry run of StopInstances; `DryRunOperation` means that it would have been done. */
  dryRunCode: string | undefined;
  dryRunMessage: string;
  stopProtected: boolean | undefined;
  lifecycle: string | null;
  /** `one-time` or `persistent` where the host is a spot instance. */
  spotType: string | undefined;
  /** The group's name; null where there is none. */
  autoScalingGroup: string | null | undefined;
  rootDeviceType: string | undefined;
  /** The instance has disks that a stop empties. */
  hasInstanceStore: boolean | undefined;
  /** The look's own failures, one sentence each. */
  failures: readonly string[];
};

export type SafetySettings = { allowAutoScalingMember: boolean; allowInstanceStoreLoss: boolean };

/** What the facts mean for a stop (DESIGN.md: "whether stopping it is safe at all"). Pure. */
export function safetyFindings(facts: SafetyFacts, settings: SafetySettings): SafetyFinding[] {
  return [
    ...permission(facts),
    ...spot(facts),
    ...autoScaling(facts, settings),
    ...instanceStore(facts, settings),
    ...facts.failures.map((message): SafetyFinding => ({ id: 'look-failed', effect: 'warns', message })),
  ];
}

function permission({ dryRunCode, dryRunMessage, stopProtected, instanceId }: SafetyFacts): SafetyFinding[] {
  if (stopProtected === true) {
    return [
      {
        id: 'stop-protection',
        effect: 'forbids',
        message: `${instanceId} has stop protection (DisableApiStop): turn it off, or set action to "none"`,
      },
    ];
  }
  if (dryRunCode === 'DryRunOperation')
    return [{ id: 'permission', effect: 'fine', message: 'EC2 would accept the stop' }];
  if (dryRunCode === undefined) return [];
  if (dryRunCode === 'UnsupportedOperation')
    return [{ id: 'one-time-spot', effect: 'forbids', message: `EC2 does not stop ${instanceId}: ${dryRunMessage}` }];
  const message = `EC2 would refuse the stop (${dryRunCode}): give the instance's role ec2:StopInstances (packaging/iam/policy.json)`;
  return [{ id: 'permission', effect: 'warns', message }];
}

function spot({ lifecycle, spotType, instanceId }: SafetyFacts): SafetyFinding[] {
  if (lifecycle !== 'spot') return [];
  if (spotType === 'persistent')
    return [
      { id: 'one-time-spot', effect: 'fine', message: 'the spot request is persistent: the host can be stopped' },
    ];
  const message = `${instanceId} is a one-time spot instance: it cannot be stopped, only terminated; ask for a persistent one, or set action to "poweroff"`;
  return [{ id: 'one-time-spot', effect: spotType === undefined ? 'warns' : 'forbids', message }];
}

function autoScaling(
  { autoScalingGroup, instanceId }: SafetyFacts,
  { allowAutoScalingMember }: SafetySettings,
): SafetyFinding[] {
  if (typeof autoScalingGroup !== 'string') return [];
  const message = `${instanceId} is a member of the Auto Scaling group ${autoScalingGroup}: stopped, it is replaced and terminated (allow_auto_scaling_member stops it all the same)`;
  return [{ id: 'auto-scaling', effect: allowAutoScalingMember ? 'warns' : 'forbids', message }];
}

function instanceStore(
  { rootDeviceType, hasInstanceStore, instanceId }: SafetyFacts,
  { allowInstanceStoreLoss }: SafetySettings,
): SafetyFinding[] {
  if (rootDeviceType === 'instance-store') {
    return [
      {
        id: 'instance-store',
        effect: 'forbids',
        message: `${instanceId} boots from an instance store: it cannot be stopped, only terminated`,
      },
    ];
  }
  if (hasInstanceStore !== true) return [];
  const message = `${instanceId} has instance-store disks: a stop empties them (allow_instance_store_loss stops it all the same)`;
  return [{ id: 'instance-store', effect: allowInstanceStoreLoss ? 'warns' : 'forbids', message }];
}
