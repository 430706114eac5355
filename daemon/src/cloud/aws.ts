import type { CommandRunner } from '../command.ts';
import { SnoozeError } from '../errors.ts';
import { answerValue, createEc2 } from './aws/ec2.ts';
import { hardwareSays, readHardware } from './aws/hardware.ts';
import { readIdentity } from './aws/identity.ts';
import { createImds, type Imds, imdsEndpoint } from './aws/imds.ts';
import { readSafetyFacts } from './aws/look.ts';
import { safetyFindings } from './aws/safety.ts';
import { type SafetySettings, safetySettings } from './findings.ts';
import { at } from './json-answer.ts';
import { type CloudSearch, defineProvider, type Identity, type Provider } from './provider.ts';

export type AwsOptions = {
  identity: Identity;
  region: string;
  environment: NodeJS.ProcessEnv;
  run: CommandRunner;
  safety: () => SafetySettings;
  imds?: Imds | null;
};

const GUESS_TIMEOUT_MS = 1_000;

/** Amazon's EC2, found by the machine's own strings and its metadata service. */
export const aws = defineProvider({
  name: 'aws',
  expects({ environment, readFile }) {
    if (imdsEndpoint(environment) === null) return 'no';
    if (environment['AWS_EC2_METADATA_SERVICE_ENDPOINT']) return 'yes';
    return ({ ec2: 'yes', unknown: 'maybe', other: 'no' } as const)[hardwareSays(readHardware(readFile))];
  },
  async find(search, { expected, signal }) {
    const { environment, clock, config, run } = search;
    const imds = createImds({ endpoint: endpointOf(search), clock, ...(!expected && { timeoutMs: GUESS_TIMEOUT_MS }) });
    try {
      const identity = await readIdentity(imds, signal);
      const region = regionOf(search, identity);
      const safety = () => safetySettings(config());
      return {
        provider: createAwsProvider({ identity, region, environment, run, safety, imds }),
        imds,
        metadata: null,
      };
    } catch (error) {
      imds.close();
      throw error;
    }
  },
});

/** The provider `aws`: this instance, through EC2's API. */
export function createAwsProvider({ identity, region, environment, run, safety, imds = null }: AwsOptions): Provider {
  const ec2 = createEc2({ region, environment, run });
  const { instanceId } = identity;
  return {
    name: 'aws',
    identity,
    async tag(tags, signal) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const [answer] = await ec2.call([{ operation: 'CreateTags', input: { Resources: [instanceId], Tags } }], signal);
      answerValue(answer, 'ec2:CreateTags');
    },
    async stop(signal) {
      const [answer] = await ec2.call([{ operation: 'StopInstances', input: { InstanceIds: [instanceId] } }], signal);
      const stopping = answerValue(answer, 'ec2:StopInstances');
      // A proxy's page with status 200 reads as an empty answer: that stops nothing.
      if (at(stopping, 'StoppingInstances') !== undefined) return;
      throw new SnoozeError('SNOOZE_E_CLOUD_FAILED', `EC2 did not say that it stops ${instanceId}`, {
        hint: 'look what answers in its place: AWS_ENDPOINT_URL_EC2, or a proxy on the way (HTTPS_PROXY is not read)',
      });
    },
    describeStop: () => `call StopInstances for ${instanceId} in ${region}`,
    async look(signal) {
      return safetyFindings(await readSafetyFacts({ ec2, imds, identity, signal }), safety());
    },
  };
}

function endpointOf({ environment }: CloudSearch): string {
  const endpoint = imdsEndpoint(environment);
  if (endpoint !== null) return endpoint;
  throw new SnoozeError('SNOOZE_E_METADATA', 'AWS_EC2_METADATA_DISABLED forbids to ask the metadata service', {
    hint: 'unset it, or set provider_type to "local"',
  });
}

function regionOf({ config, environment }: CloudSearch, identity: Identity): string {
  const region = config().aws_region || environment['AWS_REGION'] || identity.region;
  if (region) return region;
  throw new SnoozeError('SNOOZE_E_METADATA', 'the metadata service names no region', { hint: 'set aws_region' });
}
