import { SnoozeError } from '../../errors.ts';
import { at, parseJson, textOf } from '../json-answer.ts';
import type { Identity } from '../provider.ts';
import type { Imds } from './imds.ts';

/**
 * Asks the metadata service who this host is.
 * @throws SnoozeError SNOOZE_E_METADATA
 */
export async function readIdentity(imds: Imds, signal?: AbortSignal): Promise<Identity> {
  const document = await imds.get('dynamic/instance-identity/document', signal);
  // Without it the instance still is who it is.
  const lifecycle = await imds.get('meta-data/instance-life-cycle', signal).catch(() => undefined);
  if (document === undefined)
    throw new SnoozeError('SNOOZE_E_METADATA', 'the metadata service has no instance identity document');
  return parseIdentity(document, lifecycle);
}

/**
 * The instance identity document (EC2 user guide, "Instance identity documents") as an Identity.
 * @throws SnoozeError SNOOZE_E_METADATA when it is not JSON or names no instance.
 */
export function parseIdentity(text: string, lifecycle: string | undefined): Identity {
  const document = parseJson(text);
  const field = (name: string) => textOf(at(document, name)) ?? null;
  const instanceId = field('instanceId');
  if (instanceId === null || !/^i-[0-9a-f]+$/.test(instanceId)) {
    throw new SnoozeError(
      'SNOOZE_E_METADATA',
      `the instance identity document names no instance: ${JSON.stringify(text.slice(0, 80))}`,
    );
  }
  return {
    provider: 'aws',
    instanceId,
    instanceType: field('instanceType'),
    region: field('region'),
    availabilityZone: field('availabilityZone'),
    accountId: field('accountId'),
    lifecycle: /^[a-z-]{1,32}$/.exec(lifecycle?.trim() ?? '')?.[0] ?? null,
  };
}
