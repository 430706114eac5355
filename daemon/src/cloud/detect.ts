import { readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { CommandRunner } from '../command.ts';
import type { Config } from '../config/config.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { readIdentity } from './aws/identity.ts';
import { createImds, type Imds, imdsEndpoint } from './aws/imds.ts';
import { createAwsProvider } from './aws.ts';
import { createLocalProvider } from './local.ts';
import type { Provider } from './provider.ts';

export type DetectOptions = {
  config: () => Config;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  log: Log;
  run: CommandRunner;
};

/** The cloud this host is in, and the metadata service to go on asking; null where there is none. */
export type Found = { provider: Provider; imds: Imds | null };

const DETECT_TIMEOUT_MS = 1_000;

/** Finds the cloud this host is in. Never fails: what cannot be found out is `local`, with the reason in the log. */
export async function findProvider(options: DetectOptions, signal: AbortSignal): Promise<Found> {
  const { config, environment, clock, log, run } = options;
  const { provider_type: wanted, aws_region: configuredRegion } = config();
  const local: Found = { provider: createLocalProvider(), imds: null };
  const endpoint = imdsEndpoint(environment);
  if (wanted === 'local' || endpoint === null) return local;
  if (wanted === '' && environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] === undefined && saysOtherHardware())
    return local;

  const imds = createImds({ endpoint, clock, ...(wanted === '' && { timeoutMs: DETECT_TIMEOUT_MS }) });
  try {
    const identity = await readIdentity(imds, signal);
    const region = configuredRegion || environment['AWS_REGION'] || identity.region;
    if (!region) throw new Error('no region: set aws_region');
    const safety = () => ({
      allowAutoScalingMember: config().allow_auto_scaling_member,
      allowInstanceStoreLoss: config().allow_instance_store_loss,
    });
    return { provider: createAwsProvider({ identity, region, environment, run, safety }), imds };
  } catch (error) {
    imds.close();
    const said = `this host is taken for one in no cloud: ${describeError(error)}`;
    if (wanted === 'aws') log.error({}, said);
    else log.debug({}, said);
    return local;
  }
}

/** The firmware's strings name the hardware; where they are there and do not say Amazon, no network is asked. */
function saysOtherHardware(): boolean {
  try {
    const vendor = readFileSync('/sys/class/dmi/id/sys_vendor', 'utf8').trim();
    return vendor !== '' && !/amazon|xen/i.test(vendor);
  } catch {
    return false; // old Xen instances and containers have none
  }
}
