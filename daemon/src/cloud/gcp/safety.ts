import { finding, type SafetySettings } from '../findings.ts';
import type { SafetyFinding } from '../provider.ts';
import { need } from './compute.ts';

/** What was found out about stopping this instance; undefined where it could not be found out. */
export type GceFacts = {
  /** Whether its service account may stop it. */
  granted: boolean | undefined;
  /** Whether its access scopes let that account use Compute Engine at all. */
  scope: boolean | undefined;
  /** Its managed instance group; null where there is none. */
  group: string | null | undefined;
  /** Whether it has Local SSDs. */
  localDisks: boolean | undefined;
  /** The look's own failures, one sentence each. */
  failures: readonly string[];
};

/** What the facts mean for a stop of an instance of Google. A fact that nobody tells forbids where a stop could do harm. Pure. */
export function gceFindings(facts: GceFacts, settings: SafetySettings): SafetyFinding[] {
  return [
    permission(facts),
    group(facts, settings),
    localDisks(facts, settings),
    ...facts.failures.map((message) => finding('look-failed', 'warns', message)),
  ].filter((found) => found !== undefined);
}

/** It warns only: a permission can be given at any time, and a refused stop is told and tried again. */
function permission({ granted, scope }: GceFacts): SafetyFinding | undefined {
  const { cloud, permission, hint } = need('compute.instances.stop');
  if (granted === false) return finding('permission', 'warns', `${cloud} denies ${permission} — ${hint}`);
  if (scope === false) {
    const message =
      "this instance's access scopes leave out Compute Engine: stop it, and set the scope cloud-platform (gcloud compute instances set-service-account)";
    return finding('permission', 'warns', message);
  }
  return granted ? finding('permission', 'fine', `${cloud} would accept the stop`) : undefined;
}

function group({ group }: GceFacts, { allowAutoScalingMember }: SafetySettings): SafetyFinding | undefined {
  if (group === null) return undefined;
  const effect = allowAutoScalingMember ? 'warns' : 'forbids';
  const remedy = 'allow_auto_scaling_member stops it all the same';
  const message =
    group === undefined
      ? `it is not known whether this instance is a member of a managed instance group, which starts or replaces what is stopped: the metadata service would tell; ${remedy}`
      : `this instance is a member of the managed instance group ${group}: stopped, it is started again or replaced (${remedy})`;
  return finding('auto-scaling', effect, message);
}

function localDisks({ localDisks }: GceFacts, { allowInstanceStoreLoss }: SafetySettings): SafetyFinding | undefined {
  if (localDisks === false) return undefined;
  const effect = allowInstanceStoreLoss ? 'warns' : 'forbids';
  const remedy = 'allow_instance_store_loss stops it all the same';
  const message = localDisks
    ? `this instance has Local SSDs: a stop empties them (${remedy})`
    : `it is not known whether this instance has Local SSDs, which a stop empties: compute.instances.get would tell (packaging/gcp/role.yaml allows it); ${remedy}`;
  return finding('instance-store', effect, message);
}
