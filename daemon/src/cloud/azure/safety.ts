import { finding, type SafetySettings } from '../findings.ts';
import type { SafetyFinding } from '../provider.ts';
import type { Machine } from './machine.ts';
import { DEALLOCATE, need } from './manager.ts';

/** What was found out about stopping this machine; undefined where it could not be found out. */
export type AzureFacts = Pick<Machine, 'scaleSet' | 'ephemeralSystemDisk'> & {
  /** Whether its identity may deallocate it. */
  granted: boolean | undefined;
  /** Whether it has a temporary disk or local NVMe disks. */
  localDisks: boolean | undefined;
  failures: readonly string[];
};

/** What the facts mean for a stop of a machine of Azure. A fact that nobody tells forbids where a stop could do harm. Pure. */
export function azureFindings(facts: AzureFacts, settings: SafetySettings): SafetyFinding[] {
  return [
    permission(facts),
    scaleSet(facts, settings),
    disks(facts, settings),
    ...facts.failures.map((message) => finding('look-failed', 'warns', message)),
  ].filter((found) => found !== undefined);
}

/** It warns only: a permission can be given at any time, and a refused stop is told and tried again. */
function permission({ granted }: AzureFacts): SafetyFinding | undefined {
  const { cloud, hint } = need(DEALLOCATE);
  if (granted === false) return finding('permission', 'warns', `${cloud} denies ${DEALLOCATE} — ${hint}`);
  return granted ? finding('permission', 'fine', 'Azure would accept the stop') : undefined;
}

function scaleSet({ scaleSet }: AzureFacts, { allowAutoScalingMember }: SafetySettings): SafetyFinding | undefined {
  if (scaleSet === null) return undefined;
  const remedy = 'allow_auto_scaling_member stops it all the same';
  const message =
    scaleSet === undefined
      ? `it is not known whether this machine is a member of a scale set, which may replace what is stopped: the metadata service would tell; ${remedy}`
      : `this machine is a member of the scale set ${scaleSet}, which may replace what is stopped (${remedy})`;
  return finding('auto-scaling', allowAutoScalingMember ? 'warns' : 'forbids', message);
}

function disks(facts: AzureFacts, { allowInstanceStoreLoss }: SafetySettings): SafetyFinding | undefined {
  const { ephemeralSystemDisk, localDisks } = facts;
  if (ephemeralSystemDisk) {
    const message = 'this machine has an ephemeral system disk: Azure cannot deallocate it, only delete it';
    return finding('instance-store', 'forbids', message);
  }
  if (localDisks === false) return undefined;
  const remedy = 'allow_instance_store_loss stops it all the same';
  const message = localDisks
    ? `this machine has a temporary or local disk, which a stop empties (${remedy})`
    : `it is not known whether this machine has a temporary disk, which a stop empties: the metadata service would tell; ${remedy}`;
  return finding('instance-store', allowInstanceStoreLoss ? 'warns' : 'forbids', message);
}
