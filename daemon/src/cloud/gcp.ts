import { SnoozeError } from '../errors.ts';
import { safetySettings } from './findings.ts';
import { createCompute } from './gcp/compute.ts';
import { labelsOf } from './gcp/labels.ts';
import { readGceFacts } from './gcp/look.ts';
import { gceFindings } from './gcp/safety.ts';
import { createMetadata, LINK_LOCAL_ENDPOINT, type Metadata } from './metadata.ts';
import { type CloudSearch, defineProvider, type Identity, type Provider } from './provider.ts';
import { createRest } from './rest.ts';
import { isGuessForbidden, readVendor } from './vendor.ts';

/** What every item of Google's metadata service begins with. */
export const GCE_BASE = '/computeMetadata/v1';

/** Google Compute Engine, found by the machine's own strings and its metadata service. */
export const gcp = defineProvider({
  name: 'gcp',
  expects({ environment, readFile }) {
    if (environment['GCE_METADATA_HOST']) return 'yes';
    if (readFile('/sys/class/dmi/id/product_name')?.trim() === 'Google Compute Engine') return 'yes';
    return readVendor(readFile) === '' && !isGuessForbidden(environment) ? 'maybe' : 'no';
  },
  async find(search, { signal }) {
    const { environment, clock } = search;
    const host = environment['GCE_METADATA_HOST'];
    const endpoint = host ? `http://${host}` : LINK_LOCAL_ENDPOINT;
    const metadata = createMetadata({ endpoint, clock, header: ['Metadata-Flavor', 'Google'], echoes: true });
    try {
      const identity = await readIdentity(metadata, signal);
      return { provider: createGcpProvider(identity, metadata, search), imds: null, metadata };
    } catch (error) {
      metadata.close();
      throw error;
    }
  },
});

/** The provider `gcp`: this instance, through the API of Compute Engine. */
function createGcpProvider(
  identity: Identity,
  metadata: Metadata,
  { environment, run, config }: CloudSearch,
): Provider {
  const rest = createRest('Google Compute Engine', environment, run);
  const compute = createCompute({ rest, metadata, environment });
  const settings = () => safetySettings(config());
  const { instanceId, availabilityZone } = identity;
  return {
    name: 'gcp',
    identity,
    tag: (tags, signal) => compute.label(labelsOf(tags), signal),
    stop: (signal) => compute.stop(settings().allowInstanceStoreLoss, signal),
    describeStop: () => `call instances.stop for ${instanceId} in ${availabilityZone ?? 'its zone'}`,
    async look(signal) {
      return gceFindings(await readGceFacts(compute, metadata, signal), settings());
    },
  };
}

/** One item each: asked for all at once, the service sends every attribute along, keys and start-up scripts too. */
async function readIdentity(metadata: Metadata, signal: AbortSignal): Promise<Identity> {
  const get = async (item: string) => (await metadata.ask(`${GCE_BASE}/${item}`, { signal })).body.trim();
  const instanceId = await get('instance/id');
  if (!/^\d{1,32}$/.test(instanceId)) {
    const message = `the metadata service names no instance of Google: ${JSON.stringify(instanceId.slice(0, 80))}`;
    throw new SnoozeError('SNOOZE_E_METADATA', message);
  }
  const [zone, machineType, preemptible, project] = await Promise.all(
    ['instance/zone', 'instance/machine-type', 'instance/scheduling/preemptible', 'project/project-id'].map((item) =>
      // Without it the instance still is who it is.
      get(item).catch(() => ''),
    ),
  );
  return gceIdentity({ instanceId, zone, machineType, preemptible, project });
}

type Said = Record<'zone' | 'machineType' | 'preemptible' | 'project', string | undefined> & { instanceId: string };

/** What the service says, such as `projects/123/zones/europe-west4-a`, as an Identity. Pure. */
export function gceIdentity({ instanceId, zone, machineType, preemptible, project }: Said): Identity {
  const last = (path: string | undefined) => path?.split('/').at(-1) || null;
  const availabilityZone = last(zone);
  return {
    provider: 'gcp',
    instanceId,
    instanceType: last(machineType),
    region: availabilityZone?.replace(/-[a-z]+$/, '') ?? null,
    availabilityZone,
    accountId: project || null,
    lifecycle: preemptible === 'TRUE' ? 'spot' : preemptible === 'FALSE' ? 'on-demand' : null,
  };
}
