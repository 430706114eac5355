import { describeError } from '../../errors.ts';
import { at } from '../json-answer.ts';
import { bodyOf } from '../rest.ts';
import type { Machine } from './machine.ts';
import { DEALLOCATE, type Manager, need } from './manager.ts';
import type { AzureFacts } from './safety.ts';

/** Asks Azure what a stop of this machine would do; changes nothing and never rejects. */
export async function readAzureFacts(
  manager: Manager,
  machine: Machine & { localNvme: boolean },
  signal: AbortSignal,
): Promise<AzureFacts> {
  const { scaleSet, ephemeralSystemDisk, temporaryDisk, localNvme } = machine;
  const facts = { scaleSet, ephemeralSystemDisk, localDisks: localNvme || temporaryDisk };
  try {
    const granted = bodyOf(await manager.permissions(signal), need('Microsoft.Authorization/permissions/read'));
    const action = /\/virtualMachineScaleSets\//i.test(machine.resourceId)
      ? DEALLOCATE.replace('virtualMachines', 'virtualMachineScaleSets/virtualMachines')
      : DEALLOCATE;
    return { ...facts, granted: isGranted(at(granted, 'value'), action), failures: [] };
  } catch (error) {
    return {
      ...facts,
      granted: undefined,
      failures: [`it is not known whether Azure would stop it: ${describeError(error)}`],
    };
  }
}

/**
 * Whether one of the roles allows an action: `*` in a pattern stands for anything, and what a role leaves out again it
 * does not allow (Azure documentation, "Understand Azure role definitions"). Undefined where it is no list. Pure.
 */
export function isGranted(roles: unknown, action: string): boolean | undefined {
  if (!Array.isArray(roles)) return undefined;
  return roles.some((role) => matches(at(role, 'actions'), action) && !matches(at(role, 'notActions'), action));
}

function matches(patterns: unknown, action: string): boolean {
  if (!Array.isArray(patterns)) return false;
  return patterns.some((pattern) => {
    if (typeof pattern !== 'string') return false;
    const literals = pattern.split('*').map((literal) => literal.replaceAll(/[^\w/]/g, '\\$&'));
    return new RegExp(`^${literals.join('.*')}$`, 'i').test(action);
  });
}
