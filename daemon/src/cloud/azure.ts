import { SnoozeError } from '../errors.ts';
import { createMetadata, LINK_LOCAL_ENDPOINT } from './metadata.ts';
import { createIdentityProvider } from './not-built.ts';
import { parseObject } from './parse-object.ts';
import { defineProvider, type Identity } from './provider.ts';
import { isGuessForbidden, readVendor } from './vendor.ts';

/** Every machine of Azure has it (Azure documentation, "Detect whether a VM runs in Azure"). */
const CHASSIS_ASSET_TAG = '7783-7084-3265-9085-8269-3286-77';
const PATH = '/metadata/instance/compute?api-version=2021-02-01';

/** Microsoft's Azure, found by the machine's own strings and its metadata service; for identity and events only. */
export const azure = defineProvider({
  name: 'azure',
  expects({ environment, readFile }) {
    if (environment['AZURE_METADATA_ENDPOINT']) return 'yes';
    if (readFile('/sys/class/dmi/id/chassis_asset_tag')?.trim() === CHASSIS_ASSET_TAG) return 'yes';
    return readVendor(readFile) === '' && !isGuessForbidden(environment) ? 'maybe' : 'no';
  },
  async find({ environment, clock }, { signal }) {
    const endpoint = environment['AZURE_METADATA_ENDPOINT'] || LINK_LOCAL_ENDPOINT;
    const metadata = createMetadata({ endpoint, clock, header: ['Metadata', 'true'], echoes: false });
    try {
      const identity = parseCompute((await metadata.ask(PATH, { signal })).body);
      const hint = 'set action to "poweroff"; Azure goes on charging for a VM that powers off until it is deallocated';
      return { provider: createIdentityProvider(identity, 'Azure', hint), imds: null, metadata };
    } catch (error) {
      metadata.close();
      throw error;
    }
  },
});

/**
 * The body of `/metadata/instance/compute` (Azure documentation, "Azure Instance Metadata Service") as an Identity.
 * @throws SnoozeError SNOOZE_E_METADATA when it is not JSON or names no machine.
 */
export function parseCompute(body: string): Identity {
  const compute = parseObject(body);
  const field = (name: string) => (typeof compute?.[name] === 'string' ? compute[name] : '');
  const instanceId = field('vmId');
  if (instanceId === '') {
    const message = `the metadata service names no machine of Azure: ${JSON.stringify(body.slice(0, 80))}`;
    throw new SnoozeError('SNOOZE_E_METADATA', message);
  }
  const priority = compute?.['priority'];
  return {
    provider: 'azure',
    instanceId,
    instanceType: field('vmSize') || null,
    region: field('location') || null,
    availabilityZone: field('zone') || null,
    accountId: field('subscriptionId') || null,
    // It is empty on a machine at the regular price; `Low` is the older name of Spot.
    lifecycle: typeof priority !== 'string' ? null : /^(spot|low)$/i.test(priority) ? 'spot' : 'on-demand',
  };
}
