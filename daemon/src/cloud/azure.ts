import { SnoozeError } from '../errors.ts';
import { readAzureFacts } from './azure/look.ts';
import { hasLocalNvme, parseMachine } from './azure/machine.ts';
import { createManager } from './azure/manager.ts';
import { azureFindings } from './azure/safety.ts';
import { safetySettings } from './findings.ts';
import { at, parseJson, textOf } from './json-answer.ts';
import { createMetadata, LINK_LOCAL_ENDPOINT, type Metadata } from './metadata.ts';
import { type CloudSearch, defineProvider, type Identity, type Provider } from './provider.ts';
import { createRest } from './rest.ts';
import { isGuessForbidden, readVendor } from './vendor.ts';

/** Every machine of Azure has it (Azure documentation, "Detect whether a VM runs in Azure"). */
const CHASSIS_ASSET_TAG = '7783-7084-3265-9085-8269-3286-77';
const PATH = '/metadata/instance/compute?api-version=2021-02-01';

/** Microsoft's Azure, found by the machine's own strings and its metadata service. */
export const azure = defineProvider({
  name: 'azure',
  expects({ environment, readFile }) {
    if (environment['AZURE_METADATA_ENDPOINT']) return 'yes';
    if (readFile('/sys/class/dmi/id/chassis_asset_tag')?.trim() === CHASSIS_ASSET_TAG) return 'yes';
    return readVendor(readFile) === '' && !isGuessForbidden(environment) ? 'maybe' : 'no';
  },
  async find(search, { signal }) {
    const { environment, clock } = search;
    const endpoint = environment['AZURE_METADATA_ENDPOINT'] || LINK_LOCAL_ENDPOINT;
    const metadata = createMetadata({ endpoint, clock, header: ['Metadata', 'true'], echoes: false });
    try {
      const { body } = await metadata.ask(PATH, { signal });
      return { provider: createAzureProvider(body, metadata, search), imds: null, metadata };
    } catch (error) {
      metadata.close();
      throw error;
    }
  },
});

/** The provider `azure`: this machine, through Azure Resource Manager. */
function createAzureProvider(compute: string, metadata: Metadata, search: CloudSearch): Provider {
  const { environment, run, config, readFile } = search;
  const identity = parseCompute(compute);
  const machine = { ...parseMachine(compute), localNvme: hasLocalNvme(readFile) };
  const manager = createManager({ rest: createRest('Azure', environment, run), metadata, machine, environment });
  return {
    name: 'azure',
    identity,
    tag: manager.tag,
    stop: manager.deallocate,
    describeStop: () => `deallocate ${machine.resourceId.split('/').at(-1) || identity.instanceId} in Azure`,
    async look(signal) {
      return azureFindings(await readAzureFacts(manager, machine, signal), safetySettings(config()));
    },
  };
}

/**
 * The body of `/metadata/instance/compute` (Azure documentation, "Azure Instance Metadata Service") as an Identity.
 * @throws SnoozeError SNOOZE_E_METADATA when it is not JSON or names no machine.
 */
export function parseCompute(body: string): Identity {
  const compute = parseJson(body);
  const field = (name: string) => textOf(at(compute, name)) ?? '';
  const instanceId = field('vmId');
  if (instanceId === '') {
    const message = `the metadata service names no machine of Azure: ${JSON.stringify(body.slice(0, 80))}`;
    throw new SnoozeError('SNOOZE_E_METADATA', message);
  }
  const priority = at(compute, 'priority');
  return {
    provider: 'azure',
    instanceId,
    instanceType: field('vmSize') || null,
    region: field('location') || null,
    // It is a bare number, which names a place only with its region.
    availabilityZone: (field('zone') && [field('location'), field('zone')].join('-')) || null,
    accountId: field('subscriptionId') || null,
    // It is empty on a machine at the regular price; `Low` is the older name of Spot.
    lifecycle: typeof priority !== 'string' ? null : /^(spot|low)$/i.test(priority) ? 'spot' : 'on-demand',
  };
}
